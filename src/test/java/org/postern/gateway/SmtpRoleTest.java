package org.postern.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.config.Settings.Submission.Senders;

class SmtpRoleTest {
    private static final List<String> LOCALS = List.of("a.example", "B.example");

    @ParameterizedTest
    @CsvSource({
        "joe,           joe@a.example,   OWN DOMAINS ANY",
        "joe,           JOE@b.Example,   OWN DOMAINS ANY",
        "joe,           '',              OWN DOMAINS ANY",
        "joe@c.example, joe@c.example,   OWN DOMAINS ANY",
        "ann,           ann@a.example,   DOMAINS ANY",
        "ann@a.example, ann@a.example,   OWN DOMAINS ANY",
        "joe,           joe,             ANY",
        "joe@c.example, joe@a.example,   DOMAINS ANY",
        "joe,           ann@a.example,   DOMAINS ANY",
        "joe,           joe-x@a.example, DOMAINS ANY",
        "joe,           joe@c.example,   ANY",
        "joe,           joe@a.example.,  ANY",
        "joe,           joe@x.a.example, ANY",
        "joe,           x@joe@a.example, DOMAINS ANY",
    })
    void whoseAddressAUserMayGive(String user, String sender, String allowing) {
        for (Senders rule : Senders.values()) {
            assertThat(SmtpRole.maySendAs(rule, LOCALS, "ann@a.example"::equals, user, sender))
                    .as("%s", rule)
                    .isEqualTo(List.of(allowing.split(" ", -1)).contains(rule.name()));
        }
    }
}
