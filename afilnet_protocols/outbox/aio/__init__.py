"""An outbox for asyncio: what it does is done by an :class:`~afilnet_protocols.Outbox` in threads."""
