"""
What an operator sets, wherever it is set.
"""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import chatd
from chatd.config import OPTIONS, CannotStart, Config, MessageRate, Surroundings, load, public_folder
from tests.certificates import make_pair

HOME = Path("/home/ada")


class ConfigTestCase(SynchronousTestCase):
    def setUp(self):
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir(parents=True)

    def load(self, environ=None, root=None, **flags):
        self.warnings = ()
        given = {name.replace("_", "-"): value for name, value in flags.items()}
        config, self.warnings = load(given, Surroundings(environ or {}, HOME, self.folder, root))
        return config

    def refusal(self, environ=None, root=None, **flags):
        with self.assertRaises(CannotStart) as caught:
            self.load(environ, root, **flags)
        line = str(caught.exception)
        self.assertNotIn("\n", line)
        return line

    def write(self, text, name="chatd.toml"):
        (self.folder / name).write_text(text)
        return name


class DefaultsTests(ConfigTestCase):
    def test_nothing_has_to_be_set(self):
        self.assertEqual(
            self.load(),
            Config(
                data=HOME / ".local/share/chatd",
                store="sqlite:/home/ada/.local/share/chatd/chatd.sqlite3",
                port="8000",
            ),
        )

    def test_the_defaults_are_those_of_the_table(self):
        config = self.load()
        self.assertEqual(config.max_connections, 10_000)
        self.assertEqual(config.max_connections_per_address, 250)
        self.assertEqual(config.max_message_bytes, 65_536)
        self.assertEqual(config.message_rate, MessageRate(5.0, 20))
        self.assertTrue(config.tutorial)
        self.assertIsNone(config.public)

    def test_the_table_says_what_the_defaults_are(self):
        config = self.load()
        said = {option.name: option.default for option in OPTIONS}
        for name in (
            "max-connections",
            "max-connections-per-address",
            "max-message-bytes",
            "history-days",
            "history-messages",
        ):
            self.assertEqual(said[name], str(getattr(config, name.replace("-", "_"))))
        self.assertEqual(said["message-rate"], "5:20")
        self.assertEqual(said["tutorial"], "on")

    def test_every_field_is_an_option_and_every_option_a_field(self):
        names = {option.name.replace("-", "_") for option in OPTIONS} - {"config"}
        self.assertEqual(names, set(Config.__struct_fields__))

    def test_another_listener_takes_the_place_of_port_8000(self):
        self.assertIsNone(self.load(listen=["unix:chat.sock"]).port)
        self.assertIsNone(self.load(tls_port="8443", tls_cert="c.pem").port)
        self.assertEqual(self.load(listen=["unix:chat.sock"], port="80").port, "80")

    def test_the_data_lies_where_systemd_says(self):
        environ = {"STATE_DIRECTORY": "/var/lib/chatd:/var/lib/other", "XDG_DATA_HOME": "/xdg"}
        self.assertEqual(self.load(environ).data, Path("/var/lib/chatd"))

    def test_the_data_lies_where_the_desktop_says(self):
        self.assertEqual(self.load({"XDG_DATA_HOME": "/xdg"}).data, Path("/xdg/chatd"))
        self.assertEqual(self.load({"XDG_DATA_HOME": "relative"}).data, HOME / ".local/share/chatd")

    def test_without_a_home_the_data_has_to_be_given(self):
        nowhere = Surroundings({}, Path("~"), self.folder)
        with self.assertRaisesRegex(CannotStart, "--data: needed"):
            load({}, nowhere)
        self.assertEqual(load({"data": "d"}, nowhere)[0].data, self.folder / "d")

    def test_the_installed_page_is_found(self):
        self.assertTrue((public_folder() / "index.html").is_file())


class PrecedenceTests(ConfigTestCase):
    def test_a_flag_wins_over_a_variable_and_that_over_the_file(self):
        path = self.write('max-connections = 1\nmax-message-bytes = 2000\ntls-port = 5\ntls-cert = "c"\n')
        environ = {"CHATD_MAX_CONNECTIONS": "10", "CHATD_MAX_MESSAGE_BYTES": "3000", "CHATD_CONFIG": path}
        config = self.load(environ, max_connections="100")
        self.assertEqual((config.max_connections, config.max_message_bytes, config.tls_port), (100, 3000, 5))

    def test_the_flag_for_the_file_wins_over_the_variable(self):
        one, two = self.write("max-connections = 1", "one"), self.write("max-connections = 2", "two")
        self.assertEqual(self.load({"CHATD_CONFIG": one}, config=two).max_connections, 2)

    def test_a_repeated_option_is_not_mixed_from_two_places(self):
        config = self.load({"CHATD_ORIGIN": "https://a.example"}, origin=["https://b.example"])
        self.assertEqual(config.origin, ("https://b.example",))

    def test_a_bad_value_in_a_weaker_place_does_not_matter(self):
        self.assertEqual(self.load({"CHATD_PORT": "x"}, port="80").port, "80")


class VariablesTests(ConfigTestCase):
    def test_every_option_is_a_variable(self):
        config = self.load({"CHATD_TLS_PORT": "443", "CHATD_TLS_CERT": "c.pem", "CHATD_TUTORIAL": "off"})
        self.assertEqual((config.tls_port, config.tutorial), (443, False))

    def test_a_repeatable_one_is_split_at_white_space(self):
        config = self.load({"CHATD_LISTEN": "  unix:a\n unix:b\tunix:a "})
        self.assertEqual(config.listen, ("unix:a", "unix:b"))

    def test_an_empty_one_is_none(self):
        self.assertEqual(self.load({"CHATD_PORT": "", "CHATD_ORIGIN": " "}).port, "8000")
        self.assertEqual(self.warnings, ())

    def test_an_unknown_one_is_warned_of(self):
        self.load({"CHATD_SHINE": "on", "CHATD_TYPO": "1", "CHAT": "1", "PATH": "/bin"})
        self.assertEqual(
            self.warnings,
            (
                "CHATD_SHINE is no variable of chatd and is ignored",
                "CHATD_TYPO is no variable of chatd and is ignored",
            ),
        )

    def test_the_port_that_kubernetes_sets_is_warned_of(self):
        self.assertEqual(self.load({"CHATD_PORT": "tcp://10.0.0.1:80"}).port, "8000")
        self.assertEqual(
            self.warnings, ("CHATD_PORT=tcp://10.0.0.1:80 is not meant for chatd and is ignored",)
        )

    def test_a_bad_value_names_the_variable(self):
        self.assertTrue(
            self.refusal({"CHATD_MAX_CONNECTIONS": "many"}).startswith("CHATD_MAX_CONNECTIONS: 'many'")
        )


class FileTests(ConfigTestCase):
    def test_every_option_is_a_key(self):
        path = self.write(
            "port = 8080\nlisten = ['unix:a', 'unix:b']\norigin = 'https://a.example'\n"
            "message-rate = 2.5\ntutorial = false\nmax-connections = 5\nmax-message-bytes = '2048'\n"
            "interface = '127.0.0.1'\ndata = 'd'\nstore = 'memory:'\n"
        )
        config = self.load(config=path)
        self.assertEqual(
            config,
            Config(
                data=self.folder / "d",
                store="memory:",
                port="8080",
                interface="127.0.0.1",
                listen=("unix:a", "unix:b"),
                origin=("https://a.example",),
                max_connections=5,
                max_message_bytes=2048,
                message_rate=MessageRate(2.5, 10),
                tutorial=False,
            ),
        )

    def test_an_unknown_key_is_refused(self):
        for text, hint in (
            ("shine = true", "unknown key 'shine'"),
            ("log_format = 'json'", "unknown key 'log_format'; the key is spelled log-format"),
            ("max_connections = 1", "unknown key 'max_connections'; the key is spelled max-connections"),
            ("config = 'x'", "unknown key 'config'"),
            ("[server]\nport = 1", "unknown key 'server'"),
        ):
            self.assertEqual(self.refusal(config=self.write(text)), f"{self.folder}/chatd.toml: {hint}")

    def test_a_wrong_type_is_refused(self):
        for text, line in (
            ("max-connections = true", "max-connections: takes a string or a whole number"),
            ("max-connections = 1.5", "max-connections: takes a string or a whole number"),
            ("max-connections = [1]", "max-connections: takes a string or a whole number"),
            ("message-rate = true", "message-rate: takes a string or a whole number or a number"),
            ("tutorial = 1", "tutorial: takes a string or true or false"),
            ("origin = [1]", "origin: takes an array of strings"),
            ("data = 5", "data: takes a string"),
        ):
            self.assertEqual(self.refusal(config=self.write(text)), f"{self.folder}/chatd.toml: {line}")

    def test_a_bad_value_names_the_file_and_the_key(self):
        path = self.write("tutorial = 'maybe'")
        self.assertEqual(
            self.refusal(config=path), f"{self.folder}/chatd.toml: tutorial: 'maybe' is neither on nor off"
        )

    def test_what_is_no_toml_is_refused(self):
        self.assertIn("is no TOML", self.refusal(config=self.write("port =")))
        (self.folder / "latin").write_bytes(b"# \xff")
        self.assertIn("is no TOML", self.refusal(config="latin"))

    def test_a_file_that_is_not_there_is_refused(self):
        self.assertEqual(
            self.refusal(config="none.toml"),
            f"--config: cannot read {self.folder}/none.toml: No such file or directory",
        )
        self.assertTrue(self.refusal({"CHATD_CONFIG": "none"}).startswith("CHATD_CONFIG: cannot read"))


class PathsTests(ConfigTestCase):
    def test_a_relative_path_starts_where_the_command_was_typed(self):
        config = self.load(
            data="d/../e", tls_port="1", tls_cert="c.pem", tls_key="/k.pem", store="sqlite:log.db"
        )
        self.assertEqual(config.data, self.folder / "e")
        self.assertEqual(config.tls_cert, self.folder / "c.pem")
        self.assertEqual(config.tls_key, Path("/k.pem"))
        self.assertEqual(config.store, f"sqlite:{self.folder}/log.db")

    def test_the_log_lies_in_the_data_folder(self):
        self.assertEqual(self.load(data="/d").store, "sqlite:/d/chatd.sqlite3")

    def test_the_data_folder_is_no_file(self):
        (self.folder / "data").touch()
        self.assertIn("is a file, not a folder", self.refusal(data="data"))

    def test_the_page_has_to_have_an_index(self):
        self.assertIn("is no folder", self.refusal(public="page"))
        (self.folder / "page").mkdir()
        self.assertIn("has no index.html", self.refusal(public="page"))
        (self.folder / "page" / "index.html").touch()
        self.assertEqual(self.load(public="page").public, self.folder / "page")

    def test_in_another_root_paths_are_those_inside(self):
        (self.folder / "jail" / "page").mkdir(parents=True)
        (self.folder / "jail" / "page" / "index.html").touch()
        config = self.load(
            root=self.folder / "jail", public="page", data="/d", tls_port="1", tls_cert="c.pem"
        )
        self.assertEqual(
            (config.public, config.data, config.tls_cert), (Path("/page"), Path("/d"), Path("/c.pem"))
        )

    def test_in_another_root_there_is_no_installed_page(self):
        self.assertIn("--chroot: ", self.refusal(root=self.folder))


class ValuesTests(ConfigTestCase):
    def test_a_port_is_a_number_or_an_endpoint(self):
        for good in ("0", "80", "65535", "tcp:80", "tcp:80:interface=127.0.0.1", "unix:/run/chat"):
            self.assertEqual(self.load(port=good).port, good)
        for bad in ("", "-1", "65536", "80 ", "８０", "http", "1_0", "0x50", "nonsense:80", "tcp:x", "tcp:"):
            self.assertTrue(self.refusal(port=bad).startswith("--port: "), bad)

    def test_an_endpoint_has_to_be_one_that_twisted_knows(self):
        for bad in ("", "tcp", "nix:1", "tcp:1:2:3:4", "systemd:domain=INET:index=0", "/run/chat"):
            self.assertIn("is no Twisted server endpoint", self.refusal(listen=[bad]), bad)
        self.assertIn("systemd passed no such socket", self.refusal(listen=["systemd:domain=INET:index=0"]))
        self.assertEqual(
            self.load(listen=["haproxy:tcp:80", "unix:/x"]).listen, ("haproxy:tcp:80", "unix:/x")
        )

    def test_an_interface_is_an_address(self):
        for good in ("127.0.0.1", "::1", "::", "fe80::1%eth0"):
            self.assertEqual(self.load(interface=good).interface, good)
        for bad in ("localhost", "", "1.2.3", "127.0.0.1:80", "[::1]"):
            self.assertIn("is no IPv4 or IPv6 address", self.refusal(interface=bad), bad)

    def test_an_interface_goes_with_a_plain_port(self):
        self.assertIn("--port that is an endpoint", self.refusal(interface="::1", port="tcp:80"))
        self.assertIn("neither is in use", self.refusal(interface="::1", listen=["unix:/x"]))
        self.assertEqual(self.load(interface="::1", tls_port="1", tls_cert="c").interface, "::1")

    def test_tls_needs_a_port_and_a_certificate(self):
        self.assertEqual(self.refusal(tls_port="443"), "--tls-port: needs --tls-cert")
        self.assertEqual(self.refusal(tls_cert="c"), "--tls-cert: is of no use without --tls-port")
        self.assertEqual(
            self.refusal({"CHATD_TLS_KEY": "k"}), "CHATD_TLS_KEY: is of no use without --tls-port"
        )

    def test_the_key_may_be_in_the_certificate_file(self):
        config = self.load(tls_port="443", tls_cert="/c.pem")
        self.assertEqual((config.tls_cert, config.tls_key), (Path("/c.pem"), Path("/c.pem")))

    def test_a_store_is_sqlite_or_memory(self):
        self.assertEqual(self.load(store="memory:").store, "memory:")
        for bad in (
            "sqlite:",
            "sqlite",
            "sqlite:dir/",
            "sqlite::memory:",
            "memory:x",
            "mysql:x",
            "",
            "/x.db",
        ):
            self.assertTrue(self.refusal(store=bad).startswith("--store: "), bad)
        self.assertIn("PostgreSQL is not among its stores", self.refusal(store="postgresql://db/chat"))

    def test_an_origin_is_as_a_browser_writes_it(self):
        for given_, kept in (
            ("https://Chat.Example.org", "https://chat.example.org"),
            ("https://chat.example:443", "https://chat.example"),
            ("http://chat.example:80", "http://chat.example"),
            ("http://chat.example:443", "http://chat.example:443"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("capacitor://localhost", "capacitor://localhost"),
        ):
            self.assertEqual(self.load(origin=[given_]).origin, (kept,))
        for bad in (
            "null",
            "*",
            "chat.example",
            "https://",
            "https://chat.example/",
            "https://chat.example/path",
            "https://chat.example:99999",
            "https://chat.example:",
            "https://chat.example:0443",
            "https://[::1::]",
            "https://a b",
            "https://ada@chat.example",
            "https://bücher.example",
            "",
        ):
            self.assertIn("is no origin", self.refusal(origin=[bad]), bad)

    def test_a_host_is_a_name_or_an_address_without_a_port(self):
        self.assertEqual(self.load(host=["Chat.example", "[::1]"]).host, ("chat.example", "[::1]"))
        for bad in ("", "chat.example:80", "http://chat.example", "::1", "[::1::]", "a b", "bücher.example"):
            self.assertIn("is no name of a host", self.refusal(host=[bad]), bad)

    def test_a_message_rate_has_a_burst(self):
        for text, rate in (
            ("5:20", MessageRate(5, 20)),
            ("0", MessageRate(0, 0)),
            ("0:9", MessageRate(0, 9)),
            ("5", MessageRate(5, 20)),
            ("0.1", MessageRate(0.1, 1)),
            ("2.5:1", MessageRate(2.5, 1)),
        ):
            self.assertEqual(self.load(message_rate=text).message_rate, rate)
        for bad in ("", ":", "5:", ":5", "5:0", "-1", "1e3", "nan", "5:2.5", "5:20:1", "inf", "99999999"):
            self.assertIn("is no RATE", self.refusal(message_rate=bad), bad)

    def test_a_trusted_proxy_is_a_network_or_an_address_or_unix(self):
        for given_, kept in (
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3", "10.1.2.3/32"),
            ("2001:DB8::1", "2001:db8::1/128"),
            ("fd00::/8", "fd00::/8"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("unix", "unix"),
        ):
            self.assertEqual(self.load(trusted_proxy=[given_]).trusted_proxy, (kept,))
        for bad in (
            "",
            "proxy",
            "10.0.0.0/33",
            "10.0.0",
            "10.0.0.0/",
            "Unix",
            "*",
            "10.0.0.1:80",
            "１0.0.0.1",
        ):
            self.assertIn("is neither a network", self.refusal(trusted_proxy=[bad]), bad)
        for everybody in ("0.0.0.0/0", "::/0", "::ffff:0:0/96", "10.0.0.0/0"):
            self.assertIn("is everybody", self.refusal(trusted_proxy=[everybody]), everybody)
        environ = {"CHATD_TRUSTED_PROXY": "127.0.0.1 unix"}
        self.assertEqual(self.load(environ).trusted_proxy, ("127.0.0.1/32", "unix"))

    def test_a_promise_of_tls_needs_somebody_who_speaks_it(self):
        self.assertIn("--hsts: needs --tls-port", self.refusal(hsts="on"))
        self.assertIn("CHATD_HSTS: needs --tls-port", self.refusal({"CHATD_HSTS": "on"}, listen=["unix:/x"]))
        self.assertTrue(self.load(hsts="on", tls_port="443", tls_cert="c").hsts)
        self.assertTrue(self.load(hsts="on", listen=["unix:/x"], trusted_proxy=["unix"]).hsts)
        certificate, key = make_pair().write(self.folder)
        listen = [f"ssl:443:privateKey={key}:certKey={certificate}"]
        self.assertTrue(self.load(hsts="on", listen=listen).hsts)
        self.assertFalse(self.load(hsts="off").hsts)

    def test_a_log_is_text_or_json(self):
        self.assertEqual(self.load(log_format="json").log_format, "json")
        self.assertEqual(self.load().log_format, "text")
        self.assertEqual(self.refusal(log_format="xml"), "--log-format: 'xml' is not one of text, json")

    def test_counts_have_bounds(self):
        for bad in ("-1", "1.5", "", "ten", "10000001", "1" * 400):
            self.assertTrue(self.refusal(max_connections=bad).startswith("--max-connections: "), bad)
        self.assertEqual(self.load(max_connections="0", max_connections_per_address="0").max_connections, 0)
        self.assertEqual(self.load({"CHATD_HISTORY_DAYS": "7"}, history_messages="5").history_days, 7)
        self.assertIn("from 0 to 36500", self.refusal(history_days="36501"))
        for bad in ("1023", "16777217"):
            self.assertTrue(self.refusal(max_message_bytes=bad).startswith("--max-message-bytes: "), bad)

    def test_a_path_is_no_empty_text(self):
        self.assertIn("is no path", self.refusal(data=""))
        self.assertIn("is no path", self.refusal(data="a\0b"))

    def test_one_value_is_not_a_list(self):
        self.assertEqual(self.refusal(port=["1", "2"]), "--port: takes one value, not a list")

    @given(st.sampled_from([option.name for option in OPTIONS if option.name != "config"]), st.text())
    def test_any_text_is_taken_or_refused_in_one_line(self, name, text):
        around = Surroundings({}, HOME, Path("/nowhere"))
        repeatable = {option.name: option.repeatable for option in OPTIONS}[name]
        try:
            load({name: [text] if repeatable else text}, around)
        except CannotStart as why:
            self.assertNotIn("\n", str(why))


class ReadmeTests(SynchronousTestCase):
    def test_the_readme_has_the_table_of_options(self):
        readme = (Path(chatd.__file__).parent.parent / "README.md").read_text("utf-8")
        self.assertIn(options_table(), readme)


def options_table() -> str:
    """
    The Markdown table of all options that the README shows.
    """
    rows = ["| option | meaning | default |", "| --- | --- | --- |"]
    for option in OPTIONS:
        value = option.value.replace("|", "\\|")
        meaning = option.help + (", repeatable" if option.repeatable else "")
        flag = f"{option.flag} {value}".rstrip()
        rows.append(f"| `{flag}` | {meaning} | {option.default} |")
    return "\n".join(rows) + "\n"
