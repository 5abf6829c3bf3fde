"""The server below the protocols: ports, TLS, HTTP, connections that faults can reach."""
