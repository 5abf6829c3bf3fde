#!/usr/bin/env bash
# SOAP::WSDL 3.004 (Debian 12): an xsd:dateTime in UTC is set, with the Z that every service writes, on a machine in Madrid
#
# Expected: the moment that was given: "The time zone is set to the local time zone if not included" (its manual), and a Z is one
# Seen:     the Z is replaced by the zone of the machine, the hour stays: 10:00Z becomes 10:00+01:00 in winter and 10:00+02:00 in
#           summer, so what was read from one service is handed to the next an hour or two early, in New York late. With
#           +00:00 it is kept, and so it is if the same text is given to `new`, which sets it by another way
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
packages=(libsoap-wsdl-perl=3.004-2 libclass-std-fast-perl libclass-std-perl libtimedate-perl)
apt-get download -qq "${packages[@]}" >/dev/null 2>&1 || { echo "cannot be downloaded: ${packages[*]}"; exit 2; }
for package in *.deb; do dpkg-deb -x "$package" root; done
export PERL5LIB=$folder/root/usr/share/perl5:$(echo "$folder"/root/usr/lib/*/perl5/5.*)
cat >try.pl <<'PERL'
use SOAP::WSDL::XSD::Typelib::Builtin::dateTime;
for my $given (@ARGV) {
    my $moment = SOAP::WSDL::XSD::Typelib::Builtin::dateTime->new({value => $given});
    my $new = $moment->get_value;
    $moment->set_value($given);
    print "$given by new: $new, by set_value: ", $moment->get_value, "\n";
}
PERL
perl -MSOAP::WSDL::XSD::Typelib::Builtin::dateTime -e1 2>/dev/null || { echo "cannot be loaded"; exit 2; }
for zone in UTC Europe/Madrid America/New_York; do
  echo "in $zone:"
  TZ=$zone perl try.pl 2026-01-15T10:00:00Z 2026-07-15T10:00:00Z 2026-07-15T10:00:00+00:00 | tee "${zone##*/}"
done
diff - Madrid <<'SEEN' && grep -q "by set_value: 2026-01-15T10:00:00-05:00" New_York
2026-01-15T10:00:00Z by new: 2026-01-15T10:00:00Z, by set_value: 2026-01-15T10:00:00+01:00
2026-07-15T10:00:00Z by new: 2026-07-15T10:00:00Z, by set_value: 2026-07-15T10:00:00+02:00
2026-07-15T10:00:00+00:00 by new: 2026-07-15T10:00:00+00:00, by set_value: 2026-07-15T10:00:00+00:00
SEEN
