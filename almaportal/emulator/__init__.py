"""An embedded stand-in for the Alma REST gateway: a WSGI application over SQLite.

It is strict where Alma is strict (keys, thresholds, error envelopes, validation) and imports nothing of
the rest of almaportal, so it can be used alone by any program that is written against Alma.
`docs/emulator.md` describes what it answers.
"""
