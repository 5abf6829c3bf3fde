"""The sandbox as a page: conversations as they look on a phone, and under each message how it travelled."""
