# Verifies DKIM signatures with Debian's libmail-dkim-perl: verify.pl KEYS FILE ...
# KEYS has lines "NAME RECORD": the DNS. A line for each file: its name, a blank, and ok or what is wrong.
use strict;
use warnings;
use Mail::DKIM::DNS;
use Mail::DKIM::Verifier;
use Net::DNS;

my %dns;
open(my $keys, '<', shift) or die $!;
while (<$keys>) { chomp; my ($name, $record) = split / /, $_, 2; $dns{$name} = $record; }

{
    no warnings 'redefine';
    *Mail::DKIM::DNS::query = sub {
        my ($name) = @_;
        return unless exists $dns{$name};
        my @strings = unpack '(a255)*', $dns{$name};
        return Net::DNS::RR->new(name => $name, type => 'TXT', txtdata => \@strings);
    };
}

for my $file (@ARGV) {
    open(my $in, '<:raw', $file) or die $!;
    local $/;
    my $verifier = Mail::DKIM::Verifier->new;
    $verifier->PRINT(scalar <$in>);
    $verifier->CLOSE;
    print $file, ' ', $verifier->result eq 'pass' ? 'ok' : $verifier->result_detail, "\n";
}
