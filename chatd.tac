"""
chatd for `twistd -y chatd.tac`, set up by CHATD_* variables and the TOML file that CHATD_CONFIG names.
"""

from twisted.application.service import Application

from chatd.tap import Options, makeService

options = Options()
options.parseOptions([])
application = Application("chatd")
makeService(options).setServiceParent(application)
