package org.postern.users;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.os.Identity;
import org.postern.os.Nss;
import org.postern.tcp.IpAddress;

class PasswdLineTest {
    private final Nss nss = new Nss();

    @Test
    void aFullLineIsAnAccount() throws IOException {
        assertThat(account("joe@example.com:{PLAIN}secret:1001:1002:Joe Doe:/home/joe:/bin/sh"))
                .isEqualTo(new Account(
                        "joe@example.com",
                        new Identity(1001, 1002, List.of(1002)),
                        "/home/joe",
                        "/bin/sh",
                        new StoredPassword.Clear("secret"),
                        new Admission.Open()));
    }

    @Test
    void aNameAndAPasswordAreEnough() throws IOException {
        Account account = account("joe:{PLAIN}secret");
        assertThat(account.identity()).isNull();
        assertThat(account.home()).isEmpty();
        assertThat(account.shell()).isEmpty();
        Identity own = new Identity(7, 8, List.of());
        assertThat(account.identityOr(own)).isSameAs(own);
    }

    @Test
    void ownersMayBeNamedAsDovecotAllows() throws IOException {
        assertThat(account("joe:{PLAIN}s:nobody:tty::/home/joe").identity())
                .isEqualTo(new Identity(65534, 5, List.of(5)));
    }

    @Test
    void theHighestIdIsOneAndMinusOneIsNone() throws IOException {
        assertThat(account("joe:{PLAIN}s:4294967294:4294967294").identity())
                .isEqualTo(new Identity(-2, -2, List.of(-2)));
        assertThat(parse("joe:{PLAIN}s:4294967295:1")).isInstanceOf(PasswdLine.Bad.class);
    }

    @Test
    void aLineMayEndInCrLf() throws IOException {
        assertThat(account("joe:{PLAIN}s:1:1::/home/joe:/bin/sh\r").shell()).isEqualTo("/bin/sh");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t", "\r", "#", "# joe:{PLAIN}x"})
    void blankLinesAndCommentsAreNothing(String line) throws IOException {
        assertThat(parse(line)).isEqualTo(new PasswdLine.Blank());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "joe|no colon",
                ":{PLAIN}x:1:1|empty",
                "joe doe:{PLAIN}x|blanks",
                "joe:{PLAIN}x:abc-no-user:1|neither a number nor a user",
                "joe:{PLAIN}x:1:abc-no-group|neither a number nor a group",
                "joe:{PLAIN}x:1|uid and no gid",
                "joe:{PLAIN}x::1|gid and no uid",
                "joe:{PLAIN}x:-1:1|neither",
                "joe:{PLAIN}x:1:1::home/joe|does not begin with /",
                "joe:{ROT13}frperg:1:1|{ROT13} is not supported",
                "joe:{SHA512-CRYPT}$5$a$b:1:1|does not begin with $6$",
                "joe:secret:1:1|written {PLAIN}",
                "joe:{SSHA}no-base64!:1:1|not base64",
                "joe:{SHA}c2hvcnQ=:1:1|20",
                "joe:{PLAIN.ROT}x:1:1|not ROT",
                "joe:{PLAIN}x:1:1::/:/bin/sh:allow_nets=10.0.0.0/33|allow_nets",
                "joe:{PLAIN}x:1:1::/:/bin/sh:allow_nets=example.com|allow_nets",
                "joe:{PLAIN}x:1:1::/:/bin/sh:allow_nets=|allow_nets",
            })
    void aBrokenLineSaysWhatIsWrong(String line, String why) throws IOException {
        assertThat(parse(line))
                .isInstanceOfSatisfying(
                        PasswdLine.Bad.class, bad -> assertThat(bad.why()).contains(why));
    }

    @Test
    void aProblemDoesNotShowThePassword() throws IOException {
        assertThat(parse("joe:secret:1:1").toString()).doesNotContain("secret");
        assertThat(parse("joe:{ROT13}secret:1:1").toString()).doesNotContain("secret");
        assertThat(parse("joe:{SHA512-CRYPT}secret:1:1").toString()).doesNotContain("secret");
    }

    @Test
    void nologinClosesTheAccount() throws IOException {
        for (String keys : List.of("nologin", "nologin=", "nologin=y", "quota=1 nologin=y", "allow_nets=x nologin")) {
            Admission admission = parse("joe:{PLAIN}x:1:1::/:/bin/sh:" + keys) instanceof PasswdLine.Good good
                    ? good.account().admission()
                    : new Admission.Closed("");
            assertThat(admission).as(keys).isInstanceOf(Admission.Closed.class);
        }
    }

    @Test
    void allowNetsBindsTheAccountToNetworks() throws IOException {
        Admission admission = account(
                        "joe:{PLAIN}x:1:1::/:/bin/sh:userdb_mail=maildir:~/Maildir allow_nets=127.0.0.0/8,192.0.2.7,2001:db8::/32")
                .admission();
        assertThat(admission.objection(IpAddress.parse("127.0.0.5").orElseThrow()))
                .isEmpty();
        assertThat(admission.objection(IpAddress.parse("192.0.2.7").orElseThrow()))
                .isEmpty();
        assertThat(admission.objection(IpAddress.parse("::ffff:192.0.2.7").orElseThrow()))
                .isEmpty();
        assertThat(admission.objection(IpAddress.parse("2001:db8::1").orElseThrow()))
                .isEmpty();
        assertThat(admission.objection(IpAddress.parse("192.0.2.8").orElseThrow()))
                .isNotEmpty();
        assertThat(admission.objection(null)).isNotEmpty();
    }

    @Test
    void otherKeysChangeNothing() throws IOException {
        assertThat(account("joe:{PLAIN}x:1:1::/:/bin/sh:userdb_quota_rule=*:storage=1G proxy=y")
                        .admission())
                .isEqualTo(new Admission.Open());
    }

    @Property(tries = 5000)
    void parsingNeverThrows(@ForAll("lines") String line) throws IOException {
        assertThat(PasswdLine.parse(line, nss)).isNotNull();
    }

    @Provide
    Arbitrary<String> lines() {
        Arbitrary<String> pieces = Arbitraries.of(
                ":",
                "{",
                "}",
                "joe",
                "{PLAIN}",
                "{SSHA}",
                "{SHA512.HEX}",
                "$6$",
                "1",
                "99999999999",
                "/",
                "\0",
                "é",
                "\r",
                " ",
                "allow_nets=",
                "nologin",
                ",",
                "::",
                "#",
                "x",
                "!",
                "*",
                "=",
                ".B64}",
                "abc");
        return pieces.list().ofMaxSize(20).map(list -> String.join("", list));
    }

    private PasswdLine parse(String line) throws IOException {
        return PasswdLine.parse(line, nss);
    }

    private Account account(String line) throws IOException {
        return ((PasswdLine.Good) parse(line)).account();
    }
}
