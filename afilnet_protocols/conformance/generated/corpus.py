"""The corpus that generated calls draw from: texts, addresses and words, known to be right, wrong, or read wrongly."""

from __future__ import annotations

SHARPEST_PIECES = ("\r\n", " ", "+", "&", "😀", "ñ", "\r", "%2B", "]]>")
"""The pieces that most often come out damaged; drawn as often as all others together."""

NASTY_PIECES = (
    *("\r", "\n", "\r\n", "\t", " ", "  ", "+", "&", "%", "%20", "%2B", "=", "?", "#", ";", "/", "\\", "\\n"),
    *('"', "'", "<b>", "</b>", "<!--", "<![CDATA[", "]]>", "&amp;", "&#13;", "&lt;", "{}", "[]", "null"),
    *("true", "0", "-1", "1e3", "\x7f", "\x85", "\xa0", "\xad", "é", "e\u0301", "ñ", "€", "\u200b", "\u200d"),
    *("\u2028", "\u2029", "\u202e", "\ufeff", "\ufffd", "שלום", "مرحبا", "你好", "😀", "👩\u200d👩\u200d👧", "🇪🇸"),
    *("\U00010000", "\U0010fffd", "\U0010ffff"),
)
"""Pieces of text that some protocol is known to damage, all of which XML 1.0 can carry."""

FORBIDDEN_CHARACTERS = ("\x00", "\x01", "\x08", "\x0b", "\x0c", "\x1b", "\x1f", "\ufffe", "\uffff", "\ud800", "\udfff")
"""Characters that XML 1.0 cannot carry, and that are therefore refused everywhere."""

GOOD_URLS = (
    "https://www.example.com/image.jpg",
    "https://www.example.com/a%20b.jpg?x=1&y=2+3",
    "https://example.org/%F0%9F%98%80/;v=1,2",
    "https://files.example.net/]]%3E/'quoted'.pdf",
)
"""Addresses of files that every client accepts."""

BAD_URLS = (
    "http://www.example.com/image.jpg",
    "ftp://www.example.com/image.jpg",
    "file:///etc/hostname",
    "www.example.com/image.jpg",
    "https://",
    "https:///image.jpg",
    "https://user:word@www.example.com/image.jpg",
    "https://localhost/image.jpg",
    "https://127.0.0.1/image.jpg",
    "https://[::1]/image.jpg",
    "https://169.254.1.1/image.jpg",
    "https://10.0.0.1/image.jpg",
    "https://www.example.com/a b.jpg",
    "https://www.example.com/" + "a" * 2048,
)
"""Addresses of files that every client refuses."""

UNKNOWN_PLATFORM_IDS = (
    *("0100", "7", "100.0", " 100", "100 ", "+100", "1e2", "999", "٣٠٠"),
    *("a b", "a%2Bb", "id&x=1", "<1>"),
)
"""Identifiers that no channel has, though a careless reader takes some for one that exists."""

UNKNOWN_PLATFORMS = ("WhatsApp", "whatsapp ", "smoke", "", "0")
"""Words that are no platform; refused before anything is sent."""

UNKNOWN_FILE_TYPES = ("Image", "gif", "", "image,video")
"""Words that are no file type; refused before anything is sent."""

FAULT_CODES = (
    *("MISSING_COMPULSORY_PARAM", "INCORRECT_CLASS", "INCORRECT_METHOD", "CHANNEL_NOT_FOUND", "CHAT_NOT_FOUND"),
    *("INCORRECT_FILETYPE", "INCORRECT_FILEURL", "INCORRECT_THUMBURL", "NOT_ON_ANY_PAGE"),
)
"""Codes that the service is made to answer, one of them undocumented. None of them is about credentials: over tokens
those are answered by a new token and a second try, which is a matter of cases of its own."""

DESTINATIONS = ("34600000000", "0034600000000", "+34 600 000 000", "7", "007", "user@example.com", "a&b=c", "señor 😀")
"""Other parties, among them numbers that change when they are read as numbers."""
