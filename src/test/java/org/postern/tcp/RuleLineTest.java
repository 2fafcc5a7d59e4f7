package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each as Debian's tcprules 0.88 was seen to do; TcprulesCompatIT holds more of them against it. */
class RuleLineTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                ":allow | `` | ``",
                ":deny | `` | D.",
                "10.:allow,A=\"b\" | 10. | +A=b.",
                "10.:allow,A=/x y/ | 10. | +A=x y.",
                "10.:allow,A=aba,B,C=\"x\" | 10. | +A=b.+B,C=x.",
                "10.:deny,A=\"b\" | 10. | D.+A=b.",
                "10.:deny,=\"\" | 10. | D.+=.",
                "10.:allow,A=\"::deny\" | 10. | +A=::deny.",
                "10.0.0.1-3:deny | 10.0.0.1 10.0.0.2 10.0.0.3 | D.",
                "10.2-3.:allow | 10.2. 10.3. | ``",
                "10.03-05:allow | 10.3 10.4 10.5 | ``",
                "10.-:allow | 10.0 | ``",
                "1.-.2:allow | 1.0.2 | ``",
                "1.2-3.4-5.:allow | 1.2.4-5. 1.3.4-5. | ``",
                "18446744073709551617-2:allow | 1 2 | ``",
                "a-b@c:allow | a-b@c | ``",
                "=my-host.example.com:allow | =my-host.example.com | ``",
                "=ABC.com:allow | =ABC.com | ``",
                "10.0.0.0/8:deny | 10.0.0.0/8 | D.",
                "2001:db8::1:allow | 2001:db8::1 | ``",
                "::1:deny | ::1 | D.",
                "2001:db8::deny | 2001:db8: | D.",
                "2001:db8:::allow,A=\"x:deny\" | 2001:db8:: | +A=x:deny.",
                "joe@2001:db8::1:allow | joe@2001:db8::1 | ``",
                "::ffff:1.2.3.4:allow | ::ffff:1.2.3.4 | ``",
            })
    void theseAreRules(String line, String keys, String data) {
        assertThat(RuleLine.parse(line + " \t\n")).isInstanceOfSatisfying(RuleLine.Records.class, rule -> {
            assertThat(rule.line()).isEqualTo(line);
            assertThat(rule.keys()).isEqualTo(List.of(keys.split(" ", -1)));
            assertThat(rule.data()).isEqualTo(data.replaceAll("\\.(?=[+]|$)", "\0"));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.9-3:deny", "250-18446744073709551617:allow", "256-300:deny"})
    void anEmptyRangeIsARuleWithoutAddresses(String line) {
        assertThat(RuleLine.parse(line))
                .isInstanceOfSatisfying(
                        RuleLine.Records.class, rule -> assertThat(rule.keys()).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.:",
                "10.:permit",
                "10.:ALLOW",
                "10.:d",
                "10.:allowed",
                "10.:denyx",
                "10.:allow\r",
                "10.: allow",
                "10.:allow,",
                "10.:allow,A",
                "10.:allow,A=",
                "10.:allow,A=b",
                "10.:allow,A=\"b",
                "10.:allow,A= x ",
                "10.:allow,A=xxx",
                "10.:allow,A=\"b\",",
                "10.:allow,A=\"b\"B=\"c\"",
                "10.0.0.a-b:deny",
                "1-2-3:allow",
                "my-host.example.com:allow",
                "10.:bla:allow",
                "1.2.3.4:25:allow",
                ":deny:allow",
                "[::1]:allow",
                "10:25:allow",
                "2001:db8:1:allow",
                "2001:db8::/32:deny",
                "2001:db8:x:allow",
                "fe80::1-5:allow",
                "fe80::1%eth0:allow",
            })
    void theseAreRefused(String line) {
        assertThat(RuleLine.parse(line + "\n")).isInstanceOf(RuleLine.Unparsable.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", " \t \n", "#", "# 10.:allow\n", "#:bogus"})
    void theseAreNothing(String line) {
        assertThat(RuleLine.parse(line)).isEqualTo(new RuleLine.Nothing());
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.", "allow", " # comment", "1-2"})
    void theseHaveNoColon(String line) {
        assertThat(RuleLine.parse(line + "\n")).isEqualTo(new RuleLine.NoColon(line));
    }
}
