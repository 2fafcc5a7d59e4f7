package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postern.auth.PasswordCheck;
import org.postern.auth.Proof;
import org.postern.os.Crypt;
import org.postern.users.StoredPassword;

/** Hashes that the system's own tools make, now, are checked: mkpasswd (Debian: whois) and openssl. */
class PasswordToolsCompatIT {
    private static final String PASSWORD = "pass:word $1 \u00e9";

    private final PasswordCheck check = new PasswordCheck(new Crypt());

    @Test
    void everyMethodOfMkpasswd() throws IOException {
        List<String> methods = new ArrayList<>();
        for (String line : TestingSystemUser.run("", "mkpasswd", "-m", "help").split("\n", -1)) {
            if (!line.isBlank() && !line.endsWith(":")) {
                methods.add(line.substring(0, line.indexOf('\t') < 0 ? line.indexOf(' ') : line.indexOf('\t'))
                        .strip());
            }
        }
        assertThat(methods).contains("yescrypt", "bcrypt", "sha512crypt", "sha256crypt", "md5crypt", "descrypt");
        for (String method : methods) {
            assertChecked(
                    method,
                    TestingSystemUser.run(PASSWORD, "mkpasswd", "-s", "-m", method)
                            .strip());
        }
    }

    @Test
    void everyCryptMethodOfOpenssl() throws IOException {
        for (String method : List.of("-1", "-5", "-6")) {
            assertChecked(
                    "openssl " + method,
                    TestingSystemUser.run(PASSWORD + "\n", "openssl", "passwd", method, "-stdin")
                            .strip());
        }
    }

    private void assertChecked(String method, String hash) {
        StoredPassword stored = new StoredPassword.Crypted(hash);
        assertThat(check.check(stored, new Proof.Password(PASSWORD)))
                .as(method)
                .isEqualTo(new PasswordCheck.Verdict.Right());
        assertThat(check.check(stored, new Proof.Password("q" + PASSWORD)))
                .as(method)
                .isEqualTo(new PasswordCheck.Verdict.Wrong());
    }
}
