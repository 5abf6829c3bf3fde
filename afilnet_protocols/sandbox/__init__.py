"""The service's side: a server on loopback that speaks all five protocols over one state."""
