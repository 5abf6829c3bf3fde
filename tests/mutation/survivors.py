"""What is changed line by line, which tests are to notice, and why some changes are none."""

from __future__ import annotations

_OUTBOX = [
    f"tests/outbox/{name}.py"
    for name in (
        "test_outbox_arguments",
        "test_outbox_runs",
        "test_outbox_settling",
        "test_outbox_telemetry",
        "test_outbox_file",
        "test_outbox",
        "test_outbox_times",
        "test_task_queues",
        "test_outbox_commands",
    )
]
"""The tests of an outbox in a file, the quickest first."""

_INBOX = [
    f"tests/inbox/{name}.py"
    for name in (
        "test_inbox_identity",
        "test_inbox_poller",
        "test_inbox_arguments",
        "test_inbox_pace",
        "test_inbox_troubles",
        "test_inbox_world",
        "test_inbox",
        "test_inbox_machine",
    )
]
"""The tests of an inbox, the quickest first."""

_STEPS = [
    f"tests/inbox/{name}.py"
    for name in ("test_inbox_tables", "test_inbox_rounds", "test_inbox_poller", "test_inbox_engine")
]
"""The tests of the steps of an inbox, each by itself."""

_ON_SERVER = [
    f"tests/outbox/{name}.py"
    for name in (
        "test_outbox_postgresql_steps",
        "test_outbox_postgresql",
        "test_outbox",
        "test_outbox_times",
        "test_outbox_order",
        "test_outbox_resting",
        "test_outbox_settling",
        "test_outbox_runs",
    )
]
"""The tests of an outbox on a server."""

_CASES = [f"tests/conformance/test_{name}.py" for name in ("verdict", "causes", "canonical", "model", "differential")]
"""The tests of what decides how a case ends."""

_SETTINGS = [
    f"tests/{name}.py"
    for name in (
        "settings/test_together",
        "settings/test_settings",
        "settings/test_zones",
        "settings/test_placeholders",
        "settings/test_near_miss",
        "settings/test_foreign_names",
        "settings/test_sources",
        "settings/test_foreign_folder",
        "settings/test_odd_variables",
        "settings/test_odd_files",
    )
]
"""The tests of settings and of where they come from, the quickest first."""


def _migration(*names: str) -> list[str]:
    """Return the tests of a part of a migration, the quickest first."""
    return [f"tests/migration/test_{name}.py" for name in names]


WATCHED: dict[str, list[str]] = {
    "calls.retry": [
        "tests/calls/test_retry.py",
        "tests/calls/test_flow.py",
        "tests/calls/test_recovery.py",
        "tests/backends/test_straight.py",
    ],
    "backends.straight": ["tests/backends/test_straight.py"],
    "breaker": ["tests/test_breaker.py", "tests/calls/test_retry.py"],
    "calls.recovery": ["tests/calls/test_recovery.py"],
    "calls.flow": ["tests/calls/test_flow.py"],
    "process.undivided": ["tests/process/test_undivided.py", "tests/process/test_fork.py"],
    "wire.document.meant": ["tests/wire/document/test_meant.py"],
    "wire.whose_word": ["tests/wire/test_whose_word.py", "tests/wire/test_verdict.py"],
    "wire.document.refusal": [
        "tests/wire/document/test_meant.py",
        "tests/wire/document/test_refusal_words.py",
        "tests/wire/document/test_own_words.py",
        "tests/wire/document/test_contents.py",
        "tests/wire/test_headers_beside.py",
        "tests/wire/test_whose_word.py",
    ],
    "wire.document.not_done": ["tests/wire/document/test_own_words.py", "tests/wire/document/test_contents.py"],
    "wire.document.contents": [
        "tests/wire/document/test_more_records.py",
        "tests/wire/document/test_own_words.py",
        "tests/wire/test_odd_records.py",
        "tests/wire/document/test_where_records_stand.py",
        "tests/wire/document/test_contents.py",
    ],
    "wire.document.own_words": [
        "tests/wire/document/test_meant.py",
        "tests/wire/document/test_own_words.py",
        "tests/wire/document/test_contents.py",
    ],
    "wire.document.pages": [
        "tests/wire/document/test_meant.py",
        "tests/wire/document/test_more_records.py",
        "tests/wire/test_odd_records.py",
        "tests/wire/document/test_where_records_stand.py",
        "tests/wire/document/test_contents.py",
    ],
    "wire.document.record": [
        "tests/wire/test_odd_records.py",
        "tests/wire/document/test_more_records.py",
        "tests/wire/document/test_contents.py",
    ],
    "wire.json_envelope": [
        "tests/wire/test_json.py",
        "tests/wire/test_fast_paths.py",
        "tests/wire/test_odd_records.py",
    ],
    "wire.challenge": ["tests/wire/test_challenge.py"],
    "wire.soap.typed_text": [
        "tests/wire/soap/test_typed_texts.py",
        "tests/wire/soap/test_dialects.py",
        "tests/wire/soap/answers/test_record_attributes.py",
    ],
    "wire.document.assent": [
        "tests/wire/document/test_meant.py",
        "tests/wire/document/test_own_words.py",
        "tests/wire/document/test_contents.py",
    ],
    "wire.document.words": ["tests/wire/document/test_contents.py"],
    "wire.document.more_records": ["tests/wire/document/test_more_records.py"],
    "wire.document.more_in_headers": ["tests/wire/document/test_more_records.py"],
    "wire.soap.encoded_parts": [
        "tests/wire/soap/test_typed_texts.py",
        "tests/wire/soap/description/test_objects.py",
        "tests/wire/soap/test_codec.py",
    ],
    "wire.soap.parameters": [
        "tests/wire/soap/description/test_objects.py",
        "tests/wire/soap/description/test_choices.py",
        "tests/wire/soap/description/test_headers_wanted.py",
        "tests/wire/soap/test_codec.py",
    ],
    "wire.soap.description.choices": [
        "tests/wire/soap/description/test_choices.py",
        "tests/wire/soap/description/test_objects.py",
    ],
    "wire.soap.description.credential_headers": [
        "tests/wire/soap/description/test_credential_headers.py",
        "tests/wire/soap/description/test_headers_wanted.py",
    ],
    "wire.soap.description.overloads": ["tests/wire/soap/description/test_overloads.py"],
    "wire.soap.description.headers_wanted": [
        "tests/wire/soap/description/test_headers_wanted.py",
        "tests/wire/soap/description/test_credential_headers.py",
    ],
    "wire.soap.description.encoding_schema": ["tests/wire/soap/description/test_encoding_schema.py"],
    "wire.soap.description.attribute_values": ["tests/wire/soap/description/test_one_way.py"],
    "wire.soap.description.one_way": ["tests/wire/soap/description/test_one_way.py"],
    "wire.soap.description.incomplete": [
        "tests/wire/soap/description/test_needed_descriptions.py",
        "tests/wire/soap/test_codec.py",
    ],
    "security.address_form": ["tests/transport/test_address.py", "tests/settings/test_settings.py"],
    "wire.names": ["tests/wire/test_odd_records.py", "tests/wire/document/test_contents.py"],
    "wire.headers_beside": ["tests/wire/test_headers_beside.py"],
    "wire.verdict": [
        "tests/wire/test_verdict.py",
        "tests/wire/test_whose_word.py",
        "tests/wire/test_headers_beside.py",
        "tests/wire/test_challenge.py",
    ],
    "transport.connection": [
        "tests/transport/test_exchange.py",
        "tests/transport/test_verdicts.py",
        "tests/transport/test_refused_handshakes.py",
        "tests/transport/test_pool.py",
        "tests/backends/test_straight.py",
    ],
    "outbox.worker": [
        "tests/outbox/test_worker.py",
        "tests/outbox/test_outbox.py",
        "tests/outbox/test_outbox_times.py",
    ],
    "outbox.conduct": ["tests/outbox/test_conduct.py", "tests/outbox/test_worker.py"],
    "outbox.settling": ["tests/outbox/test_outbox_settling.py", "tests/outbox/test_outbox.py"],
    "outbox.outbox": _OUTBOX,
    "outbox.store": _OUTBOX,
    "outbox.row": _OUTBOX,
    "outbox.counts": _OUTBOX,
    "outbox.checks": _OUTBOX,
    "outbox.intake": ["tests/test_exports.py", *_OUTBOX],
    "outbox.ledger": _OUTBOX,
    "outbox.sqlite.store": [*_OUTBOX, "tests/outbox/test_outbox_interleaved.py"],
    "outbox.sqlite.reading": [*_OUTBOX, "tests/outbox/test_outbox_interleaved.py"],
    "outbox.sqlite.putting": _OUTBOX,
    "outbox.sqlite.transactions": _OUTBOX,
    "outbox.sqlite.worker_lock": ["tests/outbox/test_worker_lock.py", *_OUTBOX],
    "outbox.copying": ["tests/outbox/test_outbox_copy.py"],
    "process.mounted": ["tests/process/test_mounted.py"],
    "outbox.sqlite.one_name": ["tests/outbox/test_outbox_file.py"],
    "outbox.sqlite.leaving": ["tests/outbox/test_outbox_copy.py"],
    "outbox.postgresql.functions.sql": _ON_SERVER,
    "outbox.postgresql.store": _ON_SERVER,
    "inbox.identity": _INBOX,
    "inbox.polling.start": _INBOX,
    "inbox.polling.poller": _INBOX,
    "inbox.polling.audits": _INBOX,
    "inbox.store": _INBOX,
    "inbox.polling.belonging": ["tests/inbox/test_inbox_belonging.py"],
    "inbox.polling.echo": ["tests/inbox/test_inbox_poller.py", "tests/inbox/test_inbox_world.py"],
    "inbox.tables.database": _STEPS,
    "inbox.tables.handing_over": _STEPS,
    "inbox.tables.poller_notes": _STEPS,
    "inbox.tables.rows": _STEPS,
    "inbox.tables.schema": _STEPS,
    "inbox.tables.tables": _STEPS,
    "inbox.sqlite.store": [*_STEPS, "tests/inbox/test_inbox.py"],
    "inbox.polling.hours": ["tests/inbox/test_inbox_pace.py"],
    "inbox.incoming": ["tests/inbox/test_inbox_sending.py", "tests/inbox/test_inbox_given.py", *_STEPS],
    "inbox.sending": ["tests/inbox/test_inbox_sending.py"],
    "inbox.troubles": ["tests/inbox/test_inbox_sending.py", *_STEPS],
    "inbox.failing": ["tests/inbox/test_inbox_sending.py", *_STEPS],
    "inbox.polling.unlisted": ["tests/inbox/test_inbox_unlisted.py"],
    "inbox.given_connection": ["tests/inbox/test_inbox_given.py"],
    "inbox.polling.rounds": [f"tests/inbox/test_inbox_{name}.py" for name in ("rounds", "unlisted", "clock")],
    "inbox.engine": ["tests/inbox/test_inbox_engine.py", "tests/inbox/test_inbox_unlisted.py"],
    "inbox.settling": [f"tests/inbox/test_inbox_{name}.py" for name in ("engine", "given", "cancelled")],
    "inbox.polling.pace": ["tests/inbox/test_inbox_pace.py", "tests/inbox/test_inbox_arguments.py"],
    "comparison.canonical": _CASES,
    "conformance.results.verdict": _CASES,
    "conformance.results.causes": _CASES,
    "conformance.results.ledger": ["tests/conformance/test_ledger.py"],
    "conformance.reference.differential": _CASES,
    "conformance.reference.model": _CASES,
    "conformance.reference.refusals": _CASES,
    "conformance.generated.shortening": ["tests/conformance/test_shortening.py"],
    "conformance.generated.coverage": ["tests/conformance/test_coverage.py", "tests/conformance/test_openings.py"],
    "conformance.reports.changes": ["tests/conformance/test_certificates.py"],
    "conformance.reports.document": ["tests/conformance/test_certificates.py", "tests/conformance/test_reports.py"],
    "backends.json": ["tests/oauth/test_json_backend.py"],
    "oauth.asked_wait": ["tests/oauth/test_asked_wait.py"],
    "oauth.assertion": ["tests/oauth/test_assertion.py"],
    "oauth.cache": [
        "tests/oauth/test_cache.py",
        "tests/oauth/test_refresh_store.py",
        "tests/oauth/test_asked_wait.py",
    ],
    "oauth.credentials": ["tests/oauth/test_fetch.py", "tests/oauth/test_grants.py", "tests/oauth/test_assertion.py"],
    "oauth.discovery": ["tests/oauth/test_discovery.py", "tests/oauth/test_asked_wait.py"],
    "oauth.error_codes": [
        "tests/oauth/test_refusal.py",
        "tests/oauth/test_guard.py",
        "tests/wire/test_refused_credentials.py",
    ],
    "oauth.fetch": ["tests/oauth/test_fetch.py", "tests/oauth/test_grants.py"],
    "oauth.form": ["tests/oauth/test_token.py"],
    "oauth.guard": [
        "tests/oauth/test_guard.py",
        "tests/oauth/test_sentences.py",
        "tests/wire/test_refused_credentials.py",
    ],
    "oauth.provider": [
        "tests/oauth/test_provider.py",
        "tests/oauth/test_replacing.py",
        "tests/oauth/test_asked_wait.py",
        "tests/oauth/test_interrupted_provider.py",
    ],
    "oauth.refresh_store": ["tests/oauth/test_refresh_store.py"],
    "oauth.descriptions": ["tests/oauth/test_refusal.py"],
    "oauth.missing_parameter": ["tests/oauth/test_missing_parameter.py"],
    "oauth.refusal": [
        "tests/oauth/test_refusal.py",
        "tests/oauth/test_missing_parameter.py",
        "tests/oauth/test_fetch.py",
        "tests/oauth/test_grants.py",
    ],
    "oauth.replacing": ["tests/oauth/test_replacing.py", "tests/oauth/test_provider.py"],
    "oauth.sentences": ["tests/oauth/test_sentences.py"],
    "oauth.shared_file": [
        "tests/oauth/test_shared_file.py",
        "tests/oauth/test_cache.py",
        "tests/oauth/test_refresh_store.py",
    ],
    "oauth.source": [
        "tests/oauth/test_grants.py",
        "tests/oauth/test_provider.py",
        "tests/oauth/test_cache.py",
        "tests/oauth/test_refresh_store.py",
        "tests/oauth/test_asked_wait.py",
        "tests/oauth/test_assertion.py",
        "tests/oauth/test_discovery.py",
    ],
    "oauth.token": ["tests/oauth/test_token.py", "tests/oauth/test_grants.py"],
    "settings": _SETTINGS,
    "settings.asking": ["tests/cli/test_progress.py"],
    "settings.chosen_profile": _SETTINGS,
    "settings.declared": _SETTINGS,
    "settings.environment": _SETTINGS,
    "settings.fields": _SETTINGS,
    "settings.foreign_names": ["tests/settings/test_foreign_names.py", "tests/settings/test_together.py"],
    "settings.near_miss": ["tests/settings/test_odd_variables.py", "tests/settings/test_near_miss.py"],
    "settings.parameters": ["tests/oauth/test_fetch.py", "tests/settings/test_settings.py"],
    "settings.private_file": _SETTINGS,
    "settings.profile_file": _SETTINGS,
    "settings.profiles": _SETTINGS,
    "settings.secret_reference": _SETTINGS,
    "settings.sources": [*_SETTINGS, "tests/cli/test_config.py"],
    "settings.validation": _SETTINGS,
    "settings.value_faults": [*_SETTINGS, "tests/cli/test_config.py"],
    "migration.advice": _migration("advice", "truth"),
    "migration.agreement": _migration("advice", "truth"),
    "migration.canary": _migration("canary_steps", "canary", "kept", "sampling", "truth"),
    "migration.candidate": _migration("candidate", "kept", "shadow"),
    "migration.configured": _migration("kept", "configured"),
    "migration.coverage": _migration("advice", "truth"),
    "migration.diff": _migration("diff"),
    "migration.outcome": _migration("sampling", "repeating"),
    "migration.recording": _migration("recording"),
    "migration.repeating": _migration("repeating", "truth", "shadow"),
    "migration.shadow": _migration("sampling", "shadow", "truth"),
    "migration.share": _migration("advice", "canary"),
    "migration.state": _migration("kept", "truth", "configured"),
    "migration.tally": _migration("kept", "truth"),
}
"""The modules and scripts that decide whether a send is repeated and what is told of it, and the tests to ask."""

_IN_THE_TABLE = "400 stands in the table of likely causes, which is asked before"
_OF_THE_SERVICE = "500 and 501 are the service's own, and are not asked about"
_SHORTER = "it only saves the way through the lock, where there would be nothing to change"
_THE_USUAL_WAY = "the usual way does it then, with the same end"
_AS_LARGE = "either is larger than any report"
_ANOTHER = "it only has to be another one than before"
_ANY = "that there is a row is asked, not what is in it"
_THE_FIRST_ROW = "the first row alone is read"
_THE_SAME_MOMENT = "only at the very microsecond is it another answer"
_NO_TWO = "no two workers have one conversation in hand, so that none of these waits for another one"
_NOBODY_GIVES_IT = "nobody but the class itself ever gives it"
_NO = "either is no"
_TRUE_OR_NOT = "it is only asked whether it is true"
_JUDGED = "what was not answered was judged"
_HOW_FAR = "how far something long is looked into is a choice"
_BY_ONE = "by one it is the same"
_BEYOND = "what is drawn beyond the text is not used"
_OVERRIDDEN = "each store has the method of its own, with the default in its own signature"

_MORE_THAN_ONE = "either is more than one"
_ONE_NAME = "all of them have one name"
_THE_SAME_PORTS = "nothing is known that makes the ports of a description others than those of its headers"

ARGUED: dict[tuple[str, str], str] = {
    (
        "calls.retry",
        "RetryRule.succeeded: quota.balance < quota.capacity -> quota.balance <= quota.capacity",
    ): _SHORTER,
    ("backends.straight", "Straight._straight: yield begun.due -> pass"): _THE_USUAL_WAY,
    ("backends.straight", "Straight._set_out: True -> False"): _THE_USUAL_WAY,
    ("wire.whose_word", "module: 200 -> 201 (2)"): "200 is an answer, which is taken out",
    ("wire.whose_word", "module: 400 -> 401 (3)"): "400 is the service's, which is taken out",
    ("wire.document.refusal", "module: 200 -> 201"): _HOW_FAR,
    ("wire.document.refusal", "module: 40 -> 41"): _HOW_FAR,
    ("wire.document.refusal", "_tells_of_failure: return False -> return None"): _TRUE_OR_NOT,
    ("wire.document.refusal", "holds_a_code: return False -> return None"): _TRUE_OR_NOT,
    ("wire.document.not_done", "module: 200 -> 201"): _HOW_FAR,
    ("wire.document.not_done", "says_not_done: return False -> return None"): _TRUE_OR_NOT,
    ("wire.document.refusal", "is_refusal: return False -> return None"): _TRUE_OR_NOT,
    ("wire.verdict", "_likely: status >= 400 -> status > 400"): _IN_THE_TABLE,
    ("wire.verdict", "_likely: 400 -> 401 (2)"): _IN_THE_TABLE,
    ("wire.verdict", "confirms: return False -> return None"): _TRUE_OR_NOT,
    (
        "wire.verdict",
        (
            "confirms: reply.ordinary or ORDINARY_HEADERS.issuperset(reply.headers)"
            " -> reply.ordinary and ORDINARY_HEADERS.issuperset(reply.headers)"
        ),
    ): "ordinary headers tell of nothing, whether they are looked through or not",
    ("wire.soap.description.choices", "_may_be_empty: return False -> return None"): _TRUE_OR_NOT,
    ("wire.soap.description.overloads", "ports_with_overloads: True -> False"): _THE_SAME_PORTS,
    ("wire.soap.description.overloads", "_are_told_apart: 0 -> 1"): _ONE_NAME,
    ("wire.soap.description.overloads", "_are_told_apart: return False -> return None"): _TRUE_OR_NOT,
    ("wire.soap.description.overloads", "_with_one: 0 -> 1"): "it is there once, whichever reading has it",
    ("wire.soap.description.headers_wanted", "module: 8 -> 9"): _HOW_FAR,
    (
        "wire.soap.description.one_way",
        "_only_concrete: len(found) < 2 -> len(found) <= 2",
    ): _MORE_THAN_ONE,
    ("wire.soap.description.one_way", "_only_concrete: 2 -> 3"): _MORE_THAN_ONE,
    (
        "wire.soap.description.one_way",
        "_settle_choice: choice.attrib.pop('minOccurs', '') -> pass",
    ): "no reader minds that a row must be there more often than it may",
    (
        "wire.soap.description.one_way",
        "_only_concrete: len(seen) < _MOST_STEPS -> len(seen) <= _MOST_STEPS",
    ): _HOW_FAR,
    ("settings.value_faults", "_is_zone: return False -> return None"): _TRUE_OR_NOT,
    ("settings.value_faults", "_is_zone: return False -> return None (2)"): _TRUE_OR_NOT,
    ("wire.soap.description.credential_headers", "module: 4 -> 5"): _HOW_FAR,
    (
        "wire.soap.description.credential_headers",
        "ports_with_headers: raise NotUsable('its headers belong to other ports') -> pass",
    ): _THE_SAME_PORTS,
    ("wire.soap.description.credential_headers", "ports_with_headers: True -> False"): _THE_SAME_PORTS,
    ("wire.soap.description.credential_headers", "ports_with_headers: True -> False (2)"): _THE_SAME_PORTS,
    ("wire.document.contents", "Listing: False -> True"): "where one is returned, it is said",
    (
        "wire.document.contents",
        "Contents.__init__: False -> True",
    ): "it is looked at where a list stands, which sets it",
    ("wire.document.own_words", "OwnWords.end_a_send: return False -> return None"): _TRUE_OR_NOT,
    ("wire.document.contents", "Contents._kin: 0 -> 1"): "either is too few for a record",
    ("wire.json_envelope", "read_document: return cast('R', None) -> return None"): "it is no more than that",
    ("wire.document.record", "read_records: break -> pass"): "the first of them is told",
    (
        "wire.document.record",
        (
            "_values: len(item) > len(readers) and any((fold(name) in spellings for name in item if name not ..."
            " -> len(item) > len(readers) or any((fold(name) in spellings for name in item if name not i..."
        ),
    ): _THE_USUAL_WAY,
    ("wire.document.record", "_values: len(item) > len(readers) -> len(item) >= len(readers)"): _THE_USUAL_WAY,
    ("wire.document.record", "_values: name not in spellings -> name in spellings"): _THE_USUAL_WAY,
    (
        "wire.document.record",
        "_values: (value := item.get(names[0])) is not None -> (value := item.get(names[0])) is None",
    ): _THE_USUAL_WAY,
    ("wire.challenge", "schemes_asked_for: 2000 -> 2001"): _HOW_FAR,
    ("wire.headers_beside", "_is_several: 9 -> 10"): _HOW_FAR,
    ("wire.headers_beside", "_is_error: return False -> return None"): _TRUE_OR_NOT,
    ("wire.verdict", "_given_by: status > 500 -> status >= 500"): _OF_THE_SERVICE,
    ("wire.verdict", "_given_by: 500 -> 501"): _OF_THE_SERVICE,
    ("outbox.conduct", "Conduct.pause_after: 16 -> 17"): "either is long after the longest pause",
    ("outbox.store", "Store.enqueue: False -> True"): _OVERRIDDEN,
    ("outbox.store", "Store.finish: 0.0 -> 1.0"): _OVERRIDDEN,
    ("process.mounted", "is_mounted: return False -> return None"): "either is no",
    ("outbox.sqlite.putting", "Putting.enqueue: False -> True"): "in a file the order is strict whatever is asked for",
    ("outbox.postgresql.store", "PostgresqlStore.finish: 1000 -> 1001"): "how much of a reason is kept is for people",
    ("outbox.sqlite.store", "_noted: 1000 -> 1001"): "how much of a reason is kept is for people",
    ("outbox.sqlite.store", "_noted: 0.0 -> 1.0"): "either time is long past, so it is due at once",
    ("outbox.sqlite.store", "_noted: 0.0 -> 1.0 (2)"): "it is of an entry that was sent, which is never due",
    ("outbox.sqlite.reading", "module: 2 -> 3"): "either is longer than any pause, and the clock was set back",
    ("outbox.sqlite.reading", "Reading.lost: True -> False"): "a conversation always has three parts",
    ("outbox.sqlite.worker_lock", "_begin: 8 -> 9"): "a random name of either length is nobody else's",
    ("outbox.row", "row_of: False -> True"): "either is read as the same text",
    ("outbox.sqlite.leaving", "Leaving.rows: True -> False"): "they are as many",
    ("outbox.copying", "copy: leaves.close() -> pass"): "what nobody refers to any more is closed",
    (
        "inbox.polling.belonging",
        "_is_of: return message.destination == person and name_of(message) == channel -> return None",
    ): _THE_USUAL_WAY,
    ("inbox.identity", "newest_first: begin > end -> begin >= end"): "equal times have had their answer",
    ("inbox.tables.database", "Tables.check_turn: SELECT [1 -> 2] FROM afilnet_inbox_acco"): _ANY,
    (
        "inbox.tables.handing_over",
        "HandingOver.holders: SELECT [DISTINCT -> ]owner FROM afilnet_inbox",
    ): "what is returned is a set",
    ("inbox.tables.handing_over", "module: NULL ORDER BY due LIMIT [1 -> 2]"): _THE_FIRST_ROW,
    ("inbox.tables.rows", "module: ing') ORDER BY id LIMIT [1 -> 2] ) WHERE id = ?"): _THE_FIRST_ROW,
    (
        "inbox.tables.rows",
        "read_conversation: True -> False",
    ): "the columns are constants, of which each digest has its identifier",
    ("inbox.tables.rows", "begun: 12 -> 13"): "a random name of either length is nobody else's",
    (
        "inbox.tables.schema",
        "module: WHERE head IS NOT NULL [AND -> OR] owner IS NULL",
    ): "the index is larger, and finds the same",
    (
        "inbox.sqlite.store",
        "SqliteInboxStore._prepare: SELECT [1 -> 2] FROM sqlite_master WHER",
    ): _ANY,
    ("inbox.incoming", "Settled: 0.0 -> 1.0"): "only what waits has a time, and that is given one",
    ("inbox.polling.hours", "Hours.are_quiet: 0.0 -> 1.0"): "no message is of the first second of 1970",
    (
        "calls.recovery",
        "_Held.release: place.give_back() -> pass",
    ): "a place is given back too when nobody refers to it any more",
    ("inbox.settling", "Settling._store_settled: return False -> return None"): _TRUE_OR_NOT,
    ("inbox.polling.rounds", "Rounds.__init__: False -> True"): "before the first round nothing can have failed in it",
    (
        "inbox.polling.rounds",
        "Rounds.make: now < self._rests_since -> now <= self._rests_since (2)",
    ): "nothing was put off then",
    (
        "inbox.polling.rounds",
        "Rounds._tell: 0.0 <= now - self._told_at < TELLING -> 0.0 < now - self._told_at < TELLING",
    ): "a round takes time",
    ("inbox.polling.rounds", "Rounds._pause: 10 -> 11"): "either is longer than the longest pause",
    ("inbox.polling.pace", "Pace: False -> True"): _NOBODY_GIVES_IT,
    ("inbox.polling.pace", "Pace: False -> True (2)"): _NOBODY_GIVES_IT,
    ("inbox.polling.pace", "Pace: False -> True (3)"): _NOBODY_GIVES_IT,
    ("inbox.polling.pace", "Pace: False -> True (4)"): _NOBODY_GIVES_IT,
    ("inbox.polling.pace", "Pace: 0.0 -> 1.0 (2)"): "it is filled before it is looked at",
    (
        "outbox.postgresql.functions.sql",
        "ul = o.doubtful + doubts[, head = false -> ] WHERE o.id = number",
    ): "what is in hand is no head since it was taken",
    (
        "outbox.postgresql.functions.sql",
        "ce.destination AND o.id [<= -> <] ALL (fresh) ) T",
    ): "what nobody has looked at is no head",
    (
        "outbox.postgresql.functions.sql",
        "it := 0; expired := [false -> true]; elsewhere := pg_ba",
    ): "it is said of an entry, and set where one is chosen",
    ("outbox.postgresql.functions.sql", "to wait IF turn [> -> >=] moment THEN"): _THE_SAME_MOMENT,
    ("outbox.postgresql.functions.sql", "e ORDER BY due.id LIMIT [1 -> 2]; ELSE"): _THE_FIRST_ROW,
    (
        "outbox.postgresql.store",
        "module: SELECT [DISTINCT -> ]platform, platform_id, d",
    ): "what is locked twice is locked",
    ("outbox.postgresql.store", "module: g', 'sending') ORDER BY [1 -> 2], 2, 3"): _NO_TWO,
    ("outbox.postgresql.store", "module: 'sending') ORDER BY 1, [2 -> 3], 3"): _NO_TWO,
    ("outbox.postgresql.store", "module: cted') AND e.changed_at [<= -> <] (SELECT clock_timestamp"): _THE_SAME_MOMENT,
    ("outbox.postgresql.functions.sql", "ORDER BY o.id LIMIT [1 -> 2]; END IF; UPDATE"): _THE_FIRST_ROW,
    (
        "outbox.postgresql.functions.sql",
        "place IN SELECT [DISTINCT -> ]o.platform, o.platform_i",
    ): "to mark it twice is to mark it",
    (
        "outbox.postgresql.functions.sql",
        "ERFORM {schema}.sort_in([200 -> 201]); LOOP chos",
    ): "how many are looked at together is for speed",
    (
        "outbox.postgresql.functions.sql",
        "ORDER BY o.id LIMIT [1 -> 2] FOR UPDATE SKIP LOCKED",
    ): "one more is held for the moment of a claim, and the first is taken",
    ("outbox.postgresql.functions.sql", "o.head AND o.not_before [<= -> <] moment AND o.id <> ALL"): _THE_SAME_MOMENT,
    ("outbox.postgresql.functions.sql", "IS NULL OR o.not_before [<= -> <] moment) AND"): _THE_SAME_MOMENT,
    ("outbox.postgresql.functions.sql", "LECT coalesce(o.expires [<= -> <] moment, false) FROM {sc"): _THE_SAME_MOMENT,
    (
        "outbox.postgresql.functions.sql",
        "expired := [false -> true]; END; END L",
    ): "it is said of an entry, and set where one is chosen",
    (
        "outbox.postgresql.functions.sql",
        "IS NOT NULL AND spacing [> -> >=] 0 AND NOT expired THEN",
    ): "without a rate there is no row of one",
    (
        "outbox.postgresql.functions.sql",
        "ubtful + doubts, head = [false -> true] WHERE o.id = number",
    ): "the mark is made anew right after it",
    (
        "outbox.postgresql.functions.sql",
        "antee IN SELECT [DISTINCT -> ]a.grantee FROM pg_proc A",
    ): "what is granted twice is granted",
    (
        "outbox.postgresql.functions.sql",
        "e AND a.grantee NOT IN ([0 -> 1], p.proowner) LOOP",
    ): "nothing is the public's any more by then",
    (
        "wire.document.more_records",
        "tell_of_more: name not in _FORM and value not in _EMPTY -> name not in _FORM or value not in _EMPTY",
    ): "what is left out would say nothing anyhow",
    ("wire.document.assent", "module: 200 -> 201"): _HOW_FAR,
    ("wire.document.assent", "says_done: return False -> return None"): _TRUE_OR_NOT,
    ("wire.document.more_records", "module: 200 -> 201"): _HOW_FAR,
    ("wire.document.more_records", "tell_of_more: return False -> return None"): _TRUE_OR_NOT,
    ("wire.document.words", "holds_a_text: return False -> return None"): _TRUE_OR_NOT,
    ("wire.soap.parameters", "module: 8 -> 9"): _HOW_FAR,
    ("wire.soap.parameters", "module: 200 -> 201"): _HOW_FAR,
    ("wire.soap.parameters", "takes_any_method: return False -> return None"): _TRUE_OR_NOT,
    ("wire.soap.encoded_parts", "_arrives: return False -> return None"): _TRUE_OR_NOT,
    ("settings.near_miss", "_distance_of_names: True -> False"): "they are as many",
    ("settings.near_miss", "_distance_of_names: 1 -> 2"): "only a distance of one is looked for",
    ("settings.near_miss", "_distance: 1 -> 2"): "any larger number says the same",
    ("settings.near_miss", "_distance: break -> pass"): "it is only sooner",
    ("settings.private_file", "read_file: 1 -> 2"): "either is more than may be",
    (
        "migration.repeating",
        "Repeating.leave: len(self._threads) < self._concurrency -> len(self._threads) <= self._concurrency",
    ): _SHORTER,
    ("migration.shadow", "ShadowChat._sampled: return False -> return None"): _TRUE_OR_NOT,
    ("migration.shadow", "ShadowChat._sampled: return False -> return None (2)"): _TRUE_OR_NOT,
    ("migration.shadow", "ShadowChat._sampled: return False -> return None (3)"): _TRUE_OR_NOT,
    ("migration.repeating", "Repeating.close: return False -> return None"): _TRUE_OR_NOT,
    ("migration.state", "StateFile._write: 6 -> 7"): "a random name of either length is nobody else's",
    ("migration.state", "StateFile._write: 1 -> 2"): "how a file looks is for people",
    ("migration.state", "_try_to_lock: return False -> return None"): _TRUE_OR_NOT,
    ("migration.advice", "_missing: 0 -> 1"): _JUDGED,
    ("migration.advice", "_missing: 0 -> 1 (2)"): _JUDGED,
    ("migration.advice", "_against_shadow: 0 -> 1"): _JUDGED,
    ("migration.advice", "_against_shadow: judged * PER_CENT -> judged / PER_CENT"): _BY_ONE,
    ("migration.advice", "_against_canary: judged * PER_CENT -> judged / PER_CENT"): _BY_ONE,
    ("migration.diff", "_of_results: True -> False"): "they are as many",
    ("migration.diff", "_of_results: True -> False (2)"): "they are as many",
    ("migration.recording", "Recorder.__init__: 32 -> 33"): "a key of either length is nobody else's",
    ("migration.recording", "hashed: len(text) // 2 -> len(text) * 2"): _BEYOND,
    ("migration.recording", "hashed: 1 -> 2"): _BEYOND,
    ("migration.recording", "read_recording: 120 -> 121"): "how much of a reason is told is for people",
    ("migration.recording", "read_recording: 1 -> 2"): "either is more than may be",
    (
        "migration.share",
        "Share.has: int.from_bytes(digest, 'big') < self._limit -> int.from_bytes(digest, 'big') <= self._limit",
    ): "it is another answer for one digest of all",
    ("conformance.generated.coverage", "module: 5 -> 6"): "how often is enough is a choice",
    ("conformance.reference.differential", "Participant: False -> True"): _NOBODY_GIVES_IT,
    ("conformance.reference.differential", "Participant: False -> True (2)"): "how it is shown is for people",
    ("conformance.generated.shortening", "module: 150 -> 151"): "how many are played is for patience",
    ("conformance.reports.changes", "module: 256 -> 257"): _AS_LARGE,
    ("conformance.reports.changes", "module: 1024 -> 1025"): _AS_LARGE,
    ("conformance.reports.changes", "module: 1024 -> 1025 (2)"): _AS_LARGE,
    ("conformance.reports.changes", "read: 1 -> 2"): "one byte more is as much too much as two",
    ("conformance.reports.changes", "unlike: 0 -> 1 (2)"): "what is told of either has the same names",
    ("process.undivided", "module: 0.0005 -> 1.0005"): "how soon it looks again is a choice",
    ("process.undivided", "Undivided.before_fork: monotonic() >= latest -> monotonic() > latest"): _THE_SAME_MOMENT,
    ("breaker", "Breaker.__init__: 0 -> 1 (3)"): _ANOTHER,
    ("breaker", "Breaker.take_back: 1 -> 2"): _ANOTHER,
    ("breaker", "Breaker._failed: 1 -> 2 (2)"): _ANOTHER,
    ("oauth.assertion", "assertion: 24 -> 25"): "a random name of either length is nobody else's",
    (
        "oauth.error_codes",
        "is_about_the_client: words <= _REFUSED | _THE_CLIENT | _BESIDE -> words < _REFUSED | _THE_CLIENT | _BESIDE",
    ): "no code has all of these words",
    ("oauth.fetch", "module: 200 -> 201"): "either is a success for whoever composed the request",
    ("oauth.refusal", "_for_now: status >= 500 -> status > 500"): "500 is in the table, which is asked as well",
    ("oauth.refusal", "_for_now: 500 -> 501"): "500 is in the table, which is asked as well",
    ("oauth.refusal", "refusal: status < 300 -> status <= 300"): "300 has been taken for a redirect",
    ("oauth.refusal", "would_refuse_any_grant: return False -> return None"): _TRUE_OR_NOT,
    ("oauth.refusal", "refusal: 300 -> 301"): "300 has been taken for a redirect",
    ("oauth.replacing", "Replacing.__init__: 0.0 -> 1.0"): "it is set before it is looked at",
    ("oauth.replacing", "Replacing.__init__: False -> True"): "it is looked at after a replacement, which clears it",
    (
        "oauth.source",
        "TokenSource._keep: lock is None or self._store is None -> lock is None and self._store is None",
    ): "there is a store only where there is a lock",
    ("oauth.shared_file", "module: 0.02 -> 1.02"): "how often a lock is asked for is for speed",
    ("oauth.shared_file", "SharedFile.read: 1 -> 2"): "one byte too many is enough to tell, and so are two",
    ("oauth.shared_file", "module: 1 -> 2"): "it is no handle either",
    ("oauth.shared_file", "FileLock._taken: return False -> return None"): _NO,
    ("oauth.shared_file", "_exposure: return '' -> return None"): _TRUE_OR_NOT,
}
"""Changes that no test notices, and the reason why none can or need."""
