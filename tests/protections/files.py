"""
The protections of files: of whoever has sent them, of the disk, and of whoever looks at them.
"""

from __future__ import annotations

from tests.protections.protection import Protection

_CORE = "tests/core/test_uploading.py"
_NET = "tests/net/test_files.py"
_STORE = "tests/contracts/test_sqlite_store.py::SqliteFilesTests"

FILES = (
    Protection(
        "a file is for whoever may hear its room",
        "chatd/core/uploading.py",
        'and not (record.state == "kept" and may_fetch(asker, record.room)):',
        'and record.state != "kept":',
        f"{_CORE}::RightTest::test_whoever_may_hear_a_room_may_have_its_files",
    ),
    Protection(
        "a file of two is for the two",
        "chatd/core/rules.py",
        "        return asker.viewer in private_pair(key)\n",
        "        return True\n",
        f"{_CORE}::RightTest::test_whoever_may_hear_a_room_may_have_its_files",
    ),
    Protection(
        "a file is brought by whoever may say something",
        "chatd/core/rules.py",
        "    _check_place(asker, key)\n    _check_speech(asker, key)\n    the_viewer(asker)\n",
        "    the_viewer(asker)\n",
        f"{_CORE}::RightTest::test_whoever_may_say_something_in_a_room_may_bring_files_there",
    ),
    Protection(
        "an upload is whoever's it is",
        "chatd/core/uploading.py",
        "record is None or record.person != asker.viewer or",
        "record is None or",
        f"{_CORE}::RightTest::test_an_upload_is_whoevers_it_is",
    ),
    Protection(
        "a message has its author's own files",
        "chatd/store/sqlite_attached.py",
        "AND person = ? AND state = 'whole'",
        "AND ? IS NOT NULL AND state = 'whole'",
        f"{_STORE}::test_only_ones_own_whole_and_unused_files_of_the_room_go_with_a_message",
    ),
    Protection(
        "what is wiped loses its files",
        "chatd/store/sqlite_forms.py",
        "    take_files(connection, [(number, offset)])\n",
        "",
        f"{_STORE}::test_what_is_wiped_loses_its_files_and_nothing_else_does",
    ),
    Protection(
        "what is pruned loses its files",
        "chatd/store/sqlite_prune.py",
        "        take_files_before(connection, number, first + gone)\n",
        "",
        f"{_STORE}::test_what_is_pruned_takes_its_files_along",
    ),
    Protection(
        "a person's quota",
        "chatd/store/sqlite_files.py",
        "    if upload.size > left:\n",
        "    if False:\n",
        f"{_STORE}::test_a_persons_files_have_so_many_bytes_and_no_more",
    ),
    Protection(
        "the quota of an address's guests",
        "chatd/core/uploading.py",
        "            if not wait and not self.hub.rights.account(person):\n",
        "            if False:\n",
        f"{_CORE}::LimitTest::test_the_guests_of_an_address_have_one_quota_a_day_between_them",
    ),
    Protection(
        "what was refused counts towards no quota",
        "chatd/core/uploading.py",
        "        except BaseException:\n            self._give_back(upload.id)\n",
        "        except BaseException:\n",
        f"{_CORE}::LimitTest::test_what_is_refused_or_given_up_does_not_count_towards_the_quota_of_an_address",
    ),
    Protection(
        "files leave the log some space",
        "chatd/store/blobs.py",
        "                self._check_space(descriptor, len(data))\n",
        "",
        "tests/store/test_blobs.py::BlobTests::test_uploads_leave_the_log_some_space",
    ),
    Protection(
        "an upload that the disk is behind of is not read",
        "chatd/net/arrival.py",
        "                self.full = True\n            self._wake()",
        "            self._wake()",
        f"{_NET}::PressureTests::test_while_the_disk_is_behind_the_connection_is_not_read",
    ),
    Protection(
        "a trickle of an upload",
        "chatd/net/arrival.py",
        "        if self._progress >= PROGRESS_BYTES:\n",
        "        if True:\n",
        f"{_NET}::PressureTests::test_whoever_trickles_is_cut_off_and_whoever_makes_progress_is_not",
    ),
    Protection(
        "two at one upload",
        "chatd/core/uploading.py",
        "        if id in self._busy:\n",
        "        if False:\n",
        f"{_NET}::PressureTests::test_of_two_at_one_upload_the_second_is_told_to_wait",
    ),
    Protection(
        "files from the own page alone",
        "chatd/net/uploads.py",
        "        check_own_page(request, self._origin_rule, secure=client.secure)\n",
        "",
        f"{_NET}::RefusedTests::test_a_page_of_another_site_brings_nothing",
    ),
    Protection(
        "what is no picture is saved, not shown",
        "chatd/net/files.py",
        'how = "inline" if kind in PICTURES else "attachment"',
        'how = "inline"',
        f"{_NET}::GoingTests::test_a_picture_is_shown_and_all_else_is_saved",
    ),
    Protection(
        "the sandbox of files",
        "chatd/net/files.py",
        '        request.setHeader(b"Content-Security-Policy", POLICY)\n',
        "",
        f"{_NET}::GoingTests::test_a_picture_is_shown_and_all_else_is_saved",
    ),
    Protection(
        "a preview says nothing of where it was taken",
        "chatd/ops/picture.py",
        '            bare.save(preview, "JPEG", quality=80, optimize=True)',
        '            bare.save(preview, "JPEG", quality=80, exif=picture.getexif())',
        "tests/ops/test_pictures.py::PictureTests"
        "::test_a_preview_stands_upright_and_says_nothing_of_where_it_was_taken",
    ),
    Protection(
        "a picture that is a bomb",
        "chatd/ops/picture.py",
        'warnings.simplefilter("error", Image.DecompressionBombWarning)',
        'warnings.simplefilter("ignore", Image.DecompressionBombWarning)',
        "tests/ops/test_pictures.py::PictureTests::test_a_bomb_is_no_picture",
    ),
    Protection(
        "time to look at a picture",
        "chatd/ops/pictures.py",
        "        self._timer = self._reactor.callLater(LOOK_SECONDS, self._kill)\n",
        "        pass\n",
        "tests/ops/test_pictures.py::PictureTests::test_one_that_takes_too_long_is_given_up",
        may_hang=True,
    ),
)
