"""How Sphinx builds these pages: ``python -m sphinx -W -n -b html docs docs/_build/html``."""

from __future__ import annotations

import afilnet_protocols

project = "afilnet-protocols"
copyright = "the authors of afilnet-protocols, MIT licence"
version = release = afilnet_protocols.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"afilnet-protocols {release}"
html_show_sourcelink = False

# A heading can be linked to by its words.
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

nitpicky = True
# Names that appear in signatures and have no entry here: the standard library's, and types that are not for users.
nitpick_ignore_regex = [
    (r"py:.*", r"(collections\.abc|contextlib|datetime|opentelemetry|os|pathlib|sqlite3|types)\..*"),
    (r"py:.*", r"afilnet_protocols\..*\.(H|R|R_co|Components|FaultBook|Gate|Proxy|Begun|TokenServer|Home|Dialect)"),
    (r"py:.*", r"afilnet_protocols\.(waiting|dialects)\..*"),
    (r"py:.*", r"afilnet_protocols\.migration\.(advice\.Advice|tally\.Counts)"),
    (r"py:.*", r"(afilnet_protocols\.conformance|hypothesis)\..*|SearchStrategy|Plain|What channels every .*"),
    (r"py:.*", r"fields|Begun|(Any)?Platform|(Any)?FileType|FaultNotFiredError|tuple\[.*"),
]
