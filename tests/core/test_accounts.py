"""
Coming to an account, and coming back to it.
"""

from __future__ import annotations

from chatd.accounts.lookalikes import name_keys
from chatd.core.accounts import hash_token
from chatd.core.refusals import Code
from tests.core.account_case import AccountCase, started
from tests.core.clients import PASSWORD, ChatTestCase, now


class SignUpTest(AccountCase):
    """
    A new account.
    """

    def test_a_guest_who_signs_up_is_the_same_person_with_the_same_messages(self) -> None:
        """The guest's token is good no more."""
        bob = self.server.person("bob", "lobby")
        ada = self.server.person("ada", "lobby")
        ada.ask("say", room=f"@{bob.id}", text="psst")
        signed_in = now(self.sign_up(token=bob.token))
        self.assertEqual(signed_in.card.id, bob.id)
        again = self.server.connect()
        self.assert_refused(again.ask("hello", token=bob.token), "bad_token")
        welcome = again.hello(token=signed_in.token)
        self.assertEqual((welcome["me"]["id"], welcome["me"]["role"]), (bob.id, "member"))
        self.assertIn(f"@{ada.id}", [room["room"] for room in welcome["rooms"]])

    def test_whoever_came_by_the_guests_token_is_not_in_the_account(self) -> None:
        """Its connections are closed, also one whose hello is under way; nobody else hears of it."""
        bob = self.server.person("bob", "lobby")
        ada = self.server.person("ada", "lobby")
        eve = self.server.again(bob, "lobby")
        late = self.server.connect()
        self.server.store.reads_wait = True
        late.send("hello", token=bob.token)
        signing_up = started(self.sign_up(token=bob.token))
        # Its own read is the second: the one of the hello is answered after the account was made.
        first, second = self.server.store._waiting
        second[0].callback(second[1])
        signed_in = now(signing_up)
        for client in (bob, eve):
            self.assertEqual(client.closed, (4504, "bad_token"))
        self.server.store._waiting.popleft()
        self.server.store._waiting.popleft()
        first[0].callback(first[1])
        self.server.store.answer_reads()
        self.assertEqual([told["code"] for told in late.take()], ["bad_token"])
        self.assertIsNone(late.session.person)
        bob.come_back(signed_in.token)
        bob.say("still here")
        self.assertEqual(ada.hears(), ["still here"])

    def test_of_two_who_sign_up_at_once_by_names_that_look_alike_one_does(self) -> None:
        """While the one's password is being hashed the other is refused."""
        self.passwords.held = True
        first = started(self.sign_up(name="paypal"))
        self.assertEqual(self.refusal(self.sign_up(name="p\u0430yp\u0430l")).code, Code.NAME_TAKEN)
        self.passwords.release()
        self.assertEqual(now(first).card.name, "paypal")

    def test_of_two_who_sign_up_at_once_by_one_token_one_does(self) -> None:
        """Under the name that the first asked for, which stays theirs."""
        bob = self.server.person("bob")
        self.passwords.held = True
        first = started(self.sign_up(token=bob.token))
        for more in ({}, {"name": "rob"}):
            self.assertEqual(self.refusal(self.sign_up(token=bob.token, **more)).code, Code.FORBIDDEN)
        self.passwords.release()
        now(first)
        self.assertEqual(self.server.hub.names.holder("bob"), bob.id)
        self.server.person("rob")

    def test_a_name_is_free_again_where_the_account_was_not_made(self) -> None:
        """Also the one of a guest, who has it on."""
        bob = self.server.person("bob")
        self.passwords.trouble = ValueError("no thread")
        with self.assertRaises(ValueError):
            now(self.sign_up(token=bob.token))
        with self.assertRaises(ValueError):
            now(self.sign_up(name="dora"))
        self.passwords.trouble = None
        self.assertIsNone(self.server.hub.names.holder("bob"))
        self.assertEqual(bob.ask("hello", name="rob")["type"], "welcome")
        self.server.person("bob")
        now(self.sign_up(name="d\u043era"))

    def test_somebody_new_signs_up_by_a_name(self) -> None:
        """And comes in by the token that they get."""
        signed_in = now(self.sign_up(name="dora"))
        self.assertEqual(self.server.connect().hello(token=signed_in.token)["me"]["name"], "dora")
        self.assertEqual(self.refusal(self.sign_up()).code, Code.BAD_NAME)

    def test_the_name_of_an_account_is_nobody_elses_also_while_they_are_away(self) -> None:
        """Nor one that looks like it; after a restart too."""
        now(self.sign_up(name="paypal"))
        for _ in range(2):
            for name in ("PAYPAL", "p\u0430yp\u0430l"):
                guest = self.server.connect()
                self.assert_refused(guest.ask("hello", name=name), "name_taken")
                self.assertEqual(self.refusal(self.sign_up(name=name)).code, Code.NAME_TAKEN)
            self.server.restart()

    def test_a_name_that_looks_like_those_of_two_accounts_is_that_of_the_one_who_has_it(self) -> None:
        """It looks like `lvan` only by its capital; and what is nobody's is not to be had either."""
        ivan = now(self.sign_up(name="ivan"))
        other = now(self.sign_up(name="lvan"))
        for _ in range(2):
            names = self.server.hub.names
            self.assertEqual((names.holder("Ivan"), names.person("IVAN")), (ivan.card.id, ivan.card.id))
            self.assert_refused(
                self.server.connect().ask("hello", token=other.token, name="Ivan"), "name_taken"
            )
            self.assertEqual(
                self.server.connect().ask("hello", token=ivan.token, name="Ivan")["type"], "welcome"
            )
            self.assertEqual(self.refusal(self.sign_up(name="Ivan")).code, Code.NAME_TAKEN)
            self.server.restart()
        for account in (ivan, other):
            self.server.connect().ask("hello", token=account.token, name=f"{account.card.name}-2")
        self.assertEqual(self.server.connect().ask("hello", name="Ivan")["type"], "welcome")

    def test_a_guest_who_is_kept_out_or_silent_gets_around_it_by_no_account(self) -> None:
        """A muted one has an account under the name that they have."""
        owner = self.server.account("olga", "lobby", role="owner")
        loud, rude = self.server.person("loud", "lobby"), self.server.person("rude", "lobby")
        tokens = {each.id: each.token for each in (loud, rude)}
        owner.ask("mute", who=loud.id)
        owner.ask("ban", who=rude.id)
        self.assertEqual(self.refusal(self.sign_up(token=tokens[loud.id], name="olga-is")).code, Code.MUTED)
        self.assertEqual(self.refusal(self.sign_up(token=tokens[rude.id])).code, Code.BANNED)
        self.assertEqual(now(self.sign_up(token=tokens[loud.id])).card.name, "loud")

    def test_an_account_that_takes_another_name_gives_up_the_old_one(self) -> None:
        """And keeps the new one."""
        ada = self.server.account("ada")
        self.assertEqual(ada.ask("hello", name="countess")["type"], "welcome")
        self.assert_refused(self.server.connect().ask("hello", name="Countess"), "name_taken")
        self.server.person("ada")
        ada.lose()
        self.server.advance(60)
        self.assert_refused(self.server.connect().ask("hello", name="countess"), "name_taken")

    def test_what_is_wrong_with_a_sign_up_is_said_and_changes_nothing(self) -> None:
        """The name is free afterwards."""
        ada = self.server.account("ada")
        for asked, code in (
            ({"password": "short"}, Code.BAD_PASSWORD),
            ({"password": "x" * 257}, Code.BAD_PASSWORD),
            ({"password": "a\0 in between"}, Code.BAD_PASSWORD),
            ({"name": "no spaces"}, Code.BAD_NAME),
            ({"token": "unknown"}, Code.BAD_TOKEN),
            ({"token": ada.token}, Code.FORBIDDEN),
            ({"invite": "unknown"}, Code.BAD_INVITE),
            ({"owner": "unknown"}, Code.BAD_INVITE),
        ):
            self.assertEqual(self.refusal(self.sign_up(**{"name": "dora", **asked})).code, code, asked)
        self.server.person("dora")

    def test_the_first_owner_comes_by_a_link_that_is_good_once(self) -> None:
        """And welcome says that there is one."""
        self.assertFalse(self.server.connect().hello()["server_can"]["claimed"])
        self.assertEqual(
            self.refusal(self.sign_up(name="ada", owner="first", password="short")).code, Code.BAD_PASSWORD
        )
        signed_in = now(self.sign_up(name="ada", owner="first"))
        self.assertEqual(self.server.connect().hello(token=signed_in.token)["me"]["role"], "owner")
        self.assertTrue(self.server.connect().hello()["server_can"]["claimed"])
        self.assertEqual(self.refusal(self.sign_up(name="eve", owner="first")).code, Code.BAD_INVITE)
        self.assertTrue(self.server.accounts.owner_links.spent)

    def test_a_link_that_could_not_be_used_is_still_good(self) -> None:
        """Such as where the name was taken, or the disk was full."""
        self.server.person("eve")
        self.assertEqual(self.refusal(self.sign_up(name="eve", owner="first")).code, Code.NAME_TAKEN)
        self.server.store.inner.read_only = "full"
        self.assertEqual(self.refusal(self.sign_up(name="ada", owner="first")).code, Code.READ_ONLY)
        self.server.store.inner.read_only = None
        now(self.sign_up(name="ada", owner="first"))

    def test_a_link_that_was_used_is_not_good_again_where_it_could_not_be_taken_away(self) -> None:
        """As where the server went down in between."""
        now(self.sign_up(name="ada", owner="first"))
        self.server.restart()
        self.assertTrue(self.server.accounts.owner_links.good)
        self.assertEqual(self.refusal(self.sign_up(name="eve", owner="first")).code, Code.BAD_INVITE)
        eve = self.server.account("eve")
        self.assertEqual(
            self.refusal(self.server.accounts.open(eve.id, "x", PASSWORD, "first")).code, Code.BAD_INVITE
        )


class InviteTest(AccountCase):
    """
    `--sign-up invite`.
    """

    settings = {"sign_up": "invite"}

    def test_whoever_has_an_invitation_signs_up_and_nobody_else(self) -> None:
        """As often as it says; a link that was taken back is good no more."""
        now(self.sign_up(name="ada", owner="first"))
        self.assertEqual(self.refusal(self.sign_up(name="bob")).code, Code.BAD_INVITE)
        ada = self.server.connect()
        ada.hello(token=now(self.server.accounts.open(self.server.hub.names.holder("ada"), "x")).token)
        link = ada.ask("link", uses=1)
        secret = link["path"].removeprefix("/#/invite/")
        (listed,) = ada.ask("links")["links"]
        self.assertEqual((listed["left"], listed["by"]["name"], listed["until"]), (1, "ada", link["until"]))
        self.assertNotIn(secret, str(listed))
        now(self.sign_up(name="bob", invite=secret))
        self.assertEqual(self.refusal(self.sign_up(name="cleo", invite=secret)).code, Code.BAD_INVITE)
        self.assertEqual(ada.ask("links")["links"], [])
        other = ada.ask("link")["path"].removeprefix("/#/invite/")
        ada.ask("unlink", id=ada.ask("links")["links"][0]["id"])
        self.assertEqual(self.refusal(self.sign_up(name="cleo", invite=other)).code, Code.BAD_INVITE)


class PasswordTest(AccountCase):
    """
    Coming back by a password.
    """

    def test_the_name_and_the_password_together_are_the_person(self) -> None:
        """The name in any spelling; a refusal does not say which of the two is wrong."""
        ada = self.server.account("ada")
        self.assertEqual(now(self.check("ADA", PASSWORD)).person, ada.id)
        wrong = [
            self.refusal(self.check(name, password))
            for name, password in (("ada", "wrong one"), ("eve", PASSWORD))
        ]
        self.assertEqual(
            {(each.code, each.message) for each in wrong}, {(Code.BAD_PASSWORD, wrong[0].message)}
        )

    def test_another_password_ends_all_other_sessions(self) -> None:
        """The one that changed it goes on; connections of the others are closed with 4504."""
        ada = self.server.account("ada")
        other_token = now(self.server.accounts.open(ada.id, "phone")).token
        own = self.server.connect()
        own.hello(token=ada.token)
        phone = self.server.connect()
        phone.hello(token=other_token)
        change = self.server.accounts.change_password
        self.assertEqual(
            self.refusal(change(ada.token, "wrong one", "new password", None, self.server.now)).code,
            Code.BAD_PASSWORD,
        )
        self.assertEqual(
            self.refusal(change(ada.token, PASSWORD, "short", None, self.server.now)).code, Code.BAD_PASSWORD
        )
        now(change(ada.token, PASSWORD, "new password", None, self.server.now))
        self.assertEqual((phone.closed, own.closed), ((4504, "bad_token"), None))
        self.assertEqual(self.refusal(self.check("ada", PASSWORD)).code, Code.BAD_PASSWORD)
        now(self.check("ada", "new password"))
        self.assert_refused(self.server.connect().ask("hello", token=other_token), "bad_token")

    def test_nobody_comes_in_by_a_password_that_is_changed_meanwhile(self) -> None:
        """Nor changes it once more."""
        ada = self.server.account("ada")
        proven = now(self.check("ada", PASSWORD))
        self.passwords.held = True
        change = self.server.accounts.change_password
        second = started(change(ada.token, PASSWORD, "third password", None, self.server.now))
        self.passwords.held = False
        now(change(ada.token, PASSWORD, "new password", None, self.server.now))
        self.assertEqual(
            self.refusal(self.server.accounts.open(ada.id, "x", proven.password)).code, Code.BAD_PASSWORD
        )
        self.passwords.release()
        self.assertEqual(self.refusal(second).code, Code.BAD_PASSWORD)
        now(self.check("ada", "new password"))
        self.assertEqual(len(now(self.server.store.registry.tokens(ada.id))), 1)

    def test_a_session_that_is_ended_meanwhile_changes_no_password(self) -> None:
        """Whoever was in by it would be the only one who is."""
        ada = self.server.account("ada")
        other = now(self.server.accounts.open(ada.id, "phone")).token
        self.passwords.held = True
        changing = started(
            self.server.accounts.change_password(other, PASSWORD, "new password", None, self.server.now)
        )
        now(self.server.accounts.sign_out(other))
        self.passwords.release()
        self.assertEqual(self.refusal(changing).code, Code.BAD_TOKEN)
        now(self.check("ada", PASSWORD))

    def test_whoever_signs_in_by_a_link_that_is_not_good_gets_no_session(self) -> None:
        """With a good one they get it, and are an owner."""
        ada = self.server.account("ada")
        opening = self.server.accounts.open
        self.assertEqual(self.refusal(opening(ada.id, "x", PASSWORD, "unknown")).code, Code.BAD_INVITE)
        self.assertEqual(self.refusal(opening(ada.id, "x", "other", "first")).code, Code.BAD_PASSWORD)
        self.assertEqual(len(now(self.server.store.registry.tokens(ada.id))), 1)
        now(opening(ada.id, "x", PASSWORD, "first"))
        self.assertEqual(self.server.hub.rights.server_role(ada.id), "owner")


class SessionsTest(AccountCase):
    """
    Where one is signed in.
    """

    def test_sessions_are_listed_and_ended_one_by_one_or_all_others(self) -> None:
        """A connection that came by one is closed."""
        ada = self.server.account("ada")
        tokens = [now(self.server.accounts.open(ada.id, label)).token for label in ("phone", "tablet")]
        clients = [self.server.connect() for _ in tokens]
        for client, token in zip(clients, tokens, strict=True):
            client.hello(token=token)
        listed = clients[0].ask("sessions")["sessions"]
        self.assertEqual(sorted(each["label"] for each in listed), ["phone", "tablet", "test"])
        self.assertEqual([each["label"] for each in listed if each.get("current")], ["phone"])
        tablet = next(each["id"] for each in listed if each["label"] == "tablet")
        self.assertEqual(clients[0].ask("revoke", session=tablet)["type"], "done")
        self.assertEqual((clients[1].closed, clients[0].closed), ((4504, "bad_token"), None))
        self.assert_refused(clients[0].ask("revoke", session=tablet), "bad_token")
        clients[0].ask("revoke", session="others")
        self.assertEqual(len(clients[0].ask("sessions")["sessions"]), 1)
        self.assertEqual(ada.closed, (4504, "bad_token"))

    def test_whoever_has_no_session_of_their_own_ends_all_others_and_stays(self) -> None:
        """For whom a proxy vouches on each connection."""
        ada = self.server.account("ada")
        page = self.server.again(ada)
        page.session.token_hash = None
        self.assertEqual(page.ask("revoke", session="others")["type"], "done")
        self.assertEqual((ada.closed, page.closed), ((4504, "bad_token"), None))

    def test_signing_out_ends_the_session_and_its_connections(self) -> None:
        """And no other."""
        ada = self.server.account("ada")
        token = now(self.server.accounts.open(ada.id, "phone")).token
        phone = self.server.connect()
        phone.hello(token=token)
        now(self.server.accounts.sign_out(token))
        self.assertEqual((phone.closed, ada.closed), ((4504, "bad_token"), None))
        self.assertEqual(self.refusal(self.server.accounts.sign_out(token)).code, Code.BAD_TOKEN)

    def test_what_the_connection_came_with_is_who_one_is(self) -> None:
        """A cookie that is good no more is as none."""
        ada = self.server.account("ada")
        page = self.server.connect(credentials=ada.token)
        self.assertEqual(page.hello()["me"]["name"], "ada")
        self.assertEqual(page.session.token_hash, hash_token(ada.token))
        now(self.server.accounts.sign_out(ada.token))
        self.assertEqual(self.server.connect(credentials=ada.token).hello()["me"], {"role": "watcher"})
        self.assertEqual(self.server.connect(credentials=ada.token).hello(name="gus")["me"]["role"], "guest")


class IgnoreTest(AccountCase):
    """
    Whom one does not want to hear.
    """

    def test_it_is_kept_and_told_to_ones_other_connections_and_to_nobody_else(self) -> None:
        """It is the client that hides what they say."""
        ada, bob = self.server.account("ada", "lobby"), self.server.person("bob", "lobby")
        other = self.server.again(ada, "lobby")
        self.assertEqual(ada.ask("ignore", who=bob.id, on=True)["type"], "done")
        self.assertEqual([[face["name"] for face in told["ignored"]] for told in other.take()], [["bob"]])
        self.assertEqual(bob.take(), [])
        self.assertEqual(
            [face["name"] for face in self.server.connect().ask("hello", token=ada.token)["ignored"]], ["bob"]
        )
        ada.ask("ignore", who=bob.id, on=False)
        self.assertNotIn("ignored", self.server.connect().ask("hello", token=ada.token))
        self.assert_refused(ada.ask("ignore", who=ada.id, on=True), "bad_request")


class LookalikeTest(ChatTestCase):
    """
    Names that look alike.
    """

    def test_letters_of_other_scripts_and_forms_are_seen_through(self) -> None:
        """And what only resembles is not thrown together."""
        for one, other in (
            ("Tom", "\u0422om"),
            ("tom", "\u0422OM"),
            ("max", "\u041c\u0410\u0425"),
            ("Nina", "\u039dina"),
            ("paul", "pauI"),
            ("Paul", "PAUL"),
            ("Ida", "ida"),
            ("admin", "admi\u0332n"),
            ("admin", "admin\u20dd"),
            ("paypal", "p\u0430yp\u0430l"),
            ("Ada", "\uff21da"),
            ("scope", "\u0455\u0441\u043e\u0440\u0435"),
        ):
            self.assertTrue(name_keys(one) & name_keys(other))
        names = [
            "ada",
            "bob",
            "cleo",
            "zo\u00eb",
            "zoe2",
            "\u5f20\u4e09",
            "\u674e\u56db",
            "\u0639\u0644\u064a",
            "ivan",
            "\u0438\u0432\u0430\u043d",
        ]
        for one in names:
            self.assertEqual([other for other in names if name_keys(one) & name_keys(other)], [one])
        for hidden in ("admin\u2d7f", "admin\U00016fe4"):
            self.assert_refused(self.server.connect().ask("hello", name=hidden), "bad_name")
