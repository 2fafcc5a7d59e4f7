package org.postern.inject;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressesTest {
    private final Addresses addresses =
            Addresses.of("silverton", "berkeley.edu", "cs.berkeley.edu").orElseThrow();

    private String field(String field, List<String> found) {
        return addresses.completeField(field, found::add).orElse("malformed");
    }

    /** In the cases ' is ", and ~ a line feed. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # qmail-header(5)
            To: djb@silverton | To: djb@silverton.berkeley.edu | djb@silverton.berkeley.edu
            To: eric@mammoth.cs+ | To: eric@mammoth.cs.cs.berkeley.edu | eric@mammoth.cs.cs.berkeley.edu
            To: eric@mammoth+ | To: eric@mammoth.cs.berkeley.edu | eric@mammoth.cs.berkeley.edu
            To: djb@[128.32.183.163] | To: djb@[128.32.183.163] | djb@[128.32.183.163]
            To: djb fred | To: djb@silverton.berkeley.edu, fred@silverton.berkeley.edu | djb@silverton.berkeley.edu fred@silverton.berkeley.edu
            To: a@b, c@d (Somebody), A Person <e@f> | To: a@b.berkeley.edu, c@d.berkeley.edu (Somebody), A Person <e@f.berkeley.edu> | a@b.berkeley.edu c@d.berkeley.edu e@f.berkeley.edu
            To: random group: g@h.x, i@j.x;, k@l.x | To: random group: g@h.x, i@j.x;, k@l.x | g@h.x i@j.x k@l.x
            To: <@hop.x,@hop2.x:joe@end.x> | To: <joe@end.x> | joe@end.x
            # RFC 822 A.1, A.2
            To: 'Al Neuman'@BBN.x | To: 'Al Neuman'@BBN.x | Al Neuman@BBN.x
            To: Wilt . Chamberlain@NBA.US | To: Wilt.Chamberlain@NBA.US | Wilt.Chamberlain@NBA.US
            To: Alfred Neuman <Neuman@BBN-TENEXA> | To: Alfred Neuman <Neuman@BBN-TENEXA.berkeley.edu> | Neuman@BBN-TENEXA.berkeley.edu
            Cc: recipient list not shown: ; | Cc: recipient list not shown: ; | ''
            # what is there in practice
            To:joe | To: joe@silverton.berkeley.edu | joe@silverton.berkeley.edu
            To : joe@x.y | To: joe@x.y | joe@x.y
            tO: joe@x.y | tO: joe@x.y | joe@x.y
            To: J. Doe <j@x.y> | To: J.Doe <j@x.y> | j@x.y
            To: 'Doe, J.' <j@x.y>,~ k@x.y | To: 'Doe, J.' <j@x.y>, k@x.y | j@x.y k@x.y
            To: =?utf-8?Q?J=C3=BC?= <j@x.y> | To: =?utf-8?Q?J=C3=BC?= <j@x.y> | j@x.y
            To: joe@x.y. | To: joe@x.y | joe@x.y
            To: joe@ | To: joe@silverton.berkeley.edu | joe@silverton.berkeley.edu
            To: a@x.y (one (two) three) | To: a@x.y (one (two) three) | a@x.y
            To: <a@x.y> (c) | To: <a@x.y> (c) | a@x.y
            To: a@x.y,, b@x.y | To: a@x.y, , b@x.y | a@x.y b@x.y
            To: 'a\\'b\\\\c'@x.y | To: 'a\\'b\\\\c'@x.y | a"b\\c@x.y
            To: a<b@x.y>c<d@x.y> | To: a <b@x.y> c <d@x.y> | b@x.y d@x.y
            To: | To: | ''
            Return-Path: <> | Return-Path: <> | ''
            Return-Path: foo-@x.y-@[] | Return-Path: foo-@x.y-@[] | foo-@x.y-@[]
            To: a)@x.y | To: 'a)'@x.y | a)@x.y
            To: a@+ | To: a@.cs.berkeley.edu | a@.cs.berkeley.edu
            # no address lists
            To: (open | malformed |
            To: 'open | malformed |
            To: [open | malformed |
            To: ) | malformed |
            To: a@x.y> | malformed |
            To: a: b@x.y | malformed |
            To: g: a@x.y; h; | malformed |
            """)
    void fieldsAreCompleted(String field, String complete, String found) {
        List<String> addressesFound = new ArrayList<>();
        String result = field(field.replace('\'', '"').replace('~', '\n') + "\n", addressesFound);
        assertThat(result.strip()).isEqualTo(complete.replace('\'', '"'));
        assertThat(String.join(" ", addressesFound).strip())
                .isEqualTo(found == null ? "" : found.replace("''", "").replace('\'', '"'));
    }

    @Test
    void aLongFieldIsFoldedBehindCommas() {
        String list = "a".repeat(30) + "@x.y, " + "b".repeat(30) + "@x.y, " + "c".repeat(30) + "@x.y, d@x.y\n";
        assertThat(field("To: " + list, new ArrayList<>()))
                .isEqualTo("To: " + "a".repeat(30) + "@x.y, " + "b".repeat(30) + "@x.y,\n " + "c".repeat(30)
                        + "@x.y, d@x.y\n");
    }

    @ParameterizedTest
    @CsvSource({
        "joe, joe@silverton.berkeley.edu",
        "joe@x, joe@x.berkeley.edu",
        "'joe doe@x.y', 'joe doe@x.y'",
        "'', ''",
        "a@b@x.y, a@b@x.y",
        "joe@x.y., joe@x.y",
        "<joe@x.y>, <joe@x.y>",
    })
    void aGivenAddressHasNoQuotes(String given, String complete) {
        // The last one: < and > belong to the local part and to the host; nothing of it can be delivered.
        String expected = given.startsWith("<") ? null : complete;
        assertThat(addresses.complete(given).filter(a -> !a.startsWith("<")).orElse(null))
                .isEqualTo(expected);
    }

    @Test
    void anAddressWithALineFeedIsNone() {
        assertThat(addresses.complete("a\nBcc: b@x.y")).isEmpty();
    }

    @Test
    void aNameThatCannotStandInAnAddressIsNoHost() {
        assertThat(Addresses.of("(", "x", "y")).isEmpty();
        assertThat(Addresses.of("x", "[y", "y")).isEmpty();
    }

    /** Nothing that stands in a field makes it throw, and no line of the result begins a field that was not there. */
    @Property(tries = 2000)
    void anyTextIsTakenOrRefused(
            @ForAll @StringLength(max = 40) @CharRange(from = ' ', to = '@') @CharRange(from = '[', to = 'b')
                    String text) {
        List<String> found = new ArrayList<>();
        String result = field("To: " + text + "\n", found);
        assertThat(result.substring(0, result.length() - 1).replace("\n ", "")).doesNotContain("\n");
        // What was completed once is complete.
        if (!result.equals("malformed")) {
            List<String> again = new ArrayList<>();
            field(result, again);
            found.removeIf(String::isEmpty);
            again.removeIf(String::isEmpty);
            assertThat(again).isEqualTo(found);
        }
    }
}
