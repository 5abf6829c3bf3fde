"""A comparison as JUnit XML, for continuous integration: a test for each operation, and one for the verdict."""

from __future__ import annotations

from xml.etree import ElementTree

from afilnet_protocols.conformance.compare.findings import Verdict
from afilnet_protocols.conformance.compare.reports.account import Account
from afilnet_protocols.conformance.report_forms import in_xml
from afilnet_protocols.plural import several


def render(account: Account) -> str:
    """Return the comparison as JUnit XML. An operation of which no call was compared is skipped; it never passes."""
    found = account.findings
    name = f"from {found.source} to {found.target}"
    root = ElementTree.Element("testsuites", name="afilnet compare")
    suite = ElementTree.SubElement(root, "testsuite", name=in_xml(name), timestamp=account.begun)
    for operation, made, compared, differences in account.operations:
        case = ElementTree.SubElement(suite, "testcase", classname=in_xml(name), name=operation)
        against = [each for each in differences if not each.is_gain]
        for each in against[:1]:
            failure = ElementTree.SubElement(case, "failure", message=in_xml(f"differs in {each.noticed.kind}"))
            failure.text = in_xml(
                "\n".join(
                    f"{one.noticed.field}: {one.noticed.ours} against {one.noticed.theirs}, "
                    f"{several(one.count, 'time')}"
                    for one in against
                )
            )
        if not compared:
            ElementTree.SubElement(case, "skipped", message=f"none of {made} calls could be compared")
    verdict = ElementTree.SubElement(suite, "testcase", classname=in_xml(name), name="verdict")
    if account.verdict is not Verdict.GO:
        kind = "failure" if account.verdict is Verdict.NO_GO else "error"
        said = ElementTree.SubElement(verdict, kind, message=account.verdict.word)
        said.text = in_xml("\n".join(account.reasons))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("tests", str(len(suite.findall("testcase"))))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'
