-- The tables as version 0.1.0 first made them.
CREATE TABLE afilnet_outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT UNIQUE,
    operation TEXT NOT NULL,
    platform TEXT NOT NULL,
    platform_id TEXT NOT NULL,
    destination TEXT NOT NULL,
    arguments TEXT NOT NULL,
    shown TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'sending', 'sent', 'rejected', 'unknown')),
    attempts INTEGER NOT NULL DEFAULT 0,
    owner TEXT,
    claim INTEGER,
    baseline INTEGER,
    reconciled INTEGER NOT NULL DEFAULT 0,
    doubtful INTEGER NOT NULL DEFAULT 0,
    not_before REAL NOT NULL DEFAULT 0,
    error TEXT,
    reason TEXT,
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL
);
CREATE INDEX afilnet_outbox_waiting ON afilnet_outbox (id) WHERE state = 'pending';
CREATE INDEX afilnet_outbox_states ON afilnet_outbox (state);
CREATE INDEX afilnet_outbox_conversations ON afilnet_outbox (platform, platform_id, destination, id)
    WHERE state IN ('pending', 'sending');
CREATE INDEX afilnet_outbox_shown ON afilnet_outbox (platform, platform_id, destination, shown);
CREATE INDEX afilnet_outbox_claims ON afilnet_outbox (claim);
CREATE TABLE afilnet_outbox_schema (version INTEGER NOT NULL);
INSERT INTO afilnet_outbox_schema VALUES (1);
