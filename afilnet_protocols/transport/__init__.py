"""The one way that bytes travel: TLS sockets, h11, deadlines and a byte account, shared by every protocol."""
