package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.os.Octets;

class DotWriterTest {
    /** N is LF, R is CR. */
    @ParameterizedTest
    @CsvSource({
        // text, for POP3, for SMTP
        "'', '', ''",
        "a, aRN, aRN",
        ".N..NaN, ..RN...RNaRN, ..RN...RNaRN",
        "aRNbN, aRNbRN, aRNbRN",
        "aR.RbN, aR.RbRN, a . bRN",
        "R.N, R.RN, ' .RN'",
        "aRRN, aRRN, a RN",
        "aR, aRRN, aRN",
        "R, RRN, RN",
    })
    void linesEndInCrLfAndDotsAreDoubled(String text, String kept, String blank) throws IOException {
        assertThat(written(DotWriter.LoneCr.KEPT, text)).isEqualTo(kept);
        assertThat(written(DotWriter.LoneCr.BLANK, text)).isEqualTo(blank);
    }

    private static String written(DotWriter.LoneCr loneCr, String text) throws IOException {
        StringBuilder out = new StringBuilder();
        DotWriter writer = new DotWriter(loneCr, (from, offset, n) -> out.append(Octets.of(from, offset, n)));
        for (byte octet : Octets.bytes(text.replace('N', '\n').replace('R', '\r'))) {
            writer.write(new byte[] {octet}, 1);
        }
        writer.end();
        return out.toString().replace('\n', 'N').replace('\r', 'R');
    }
}
