"""`SESSION_SETTINGS`: what a session of ours keeps, whatever its database or role says."""

from __future__ import annotations

SESSION_SETTINGS = """
SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
                  ELSE current_setting('synchronous_commit') END, false),
       set_config('default_transaction_isolation', 'read committed', false),
       set_config('datestyle', 'ISO', false),
       set_config('timezone', 'UTC', false),
       set_config('intervalstyle', 'postgres', false),
       set_config('extra_float_digits', '1', false),
       set_config('idle_in_transaction_session_timeout', '0', false),
       set_config('idle_session_timeout', '0', false),
       CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL
            THEN set_config('transaction_timeout', '0', false) END,
       set_config('tcp_keepalives_idle', %(keepalives_idle)s, false),
       set_config('tcp_keepalives_interval', %(keepalives_interval)s, false),
       set_config('tcp_keepalives_count', %(keepalives_count)s, false),
       set_config('tcp_user_timeout', %(tcp_user_timeout)s, false)
"""
"""What a session keeps, whatever its database or role says then or later: nothing may leave because of a note that a
crash of the server takes back; a statement sees what was committed while it waited for a lock; a worker that waits for
the service, or for a handler in its transaction, is not idle, and its session, with its lock, is not to end while
it works; moments and numbers are written so that psycopg can read them, which knows no other style of dates than ISO
(8.5.2), and no year 10000, in which the last moment of 9999 is east of Greenwich; and the server too, which holds the
worker's lock, notices when the network is gone, for which it would take hours by itself (PostgreSQL manual, 20.5.1,
20.11.1, 13.2.1, 20.3.2). Servers before 17 have no ``transaction_timeout``; to look for it in ``pg_settings`` would
cost the server a fifth of what a session costs it to begin."""
