"""The tables of the sandbox's state."""

from __future__ import annotations

SCHEMA_VERSION = 1

SCHEMA = """
CREATE TABLE accounts (
    number INTEGER PRIMARY KEY,
    user TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    client_id TEXT NOT NULL UNIQUE,
    client_secret TEXT NOT NULL,
    options TEXT NOT NULL,
    channels TEXT NOT NULL
);
CREATE TABLE conversations (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    platform TEXT NOT NULL,
    platform_id TEXT NOT NULL,
    destination TEXT NOT NULL,
    UNIQUE (account, platform, platform_id, destination)
);
CREATE TABLE messages (
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    number INTEGER NOT NULL,
    conversation INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
    message TEXT NOT NULL,
    sent INTEGER NOT NULL,
    status TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    unread INTEGER NOT NULL,
    PRIMARY KEY (account, number)
) WITHOUT ROWID;
CREATE INDEX messages_by_conversation ON messages (conversation, number);
CREATE INDEX messages_unread ON messages (conversation, number) WHERE unread;
CREATE TABLE tokens (
    token TEXT PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    expires REAL NOT NULL
);
CREATE INDEX tokens_by_account ON tokens (account, expires);
"""
