"""OAuth 2.0: how the `json` protocol gets, keeps and renews its access token."""
