package org.postern.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.os.Crypt;
import org.postern.os.Identity;
import org.postern.os.Nss;
import org.postern.users.PasswdFile;

/** Fields as {@code doveadm pw -s SCHEME -p 'se:cret é'} of Dovecot 2.3.19 made them (in UTF-8). */
class DovecotSchemesTest {
    private static final String PASSWORD = "se:cret \u00c3\u00a9";

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{PLAIN.B64}c2U6Y3JldCDDqQ==",
                "{PLAIN.HEX}73653a6372657420c3a9",
                "{CRYPT}$2y$05$f16..2fS9.zGkK3VA6uRxuCbbMhtqPyDTHrEHL//pdFOQM8jjQykC",
                "{DES-CRYPT}mxH9AXdofb4LY",
                "{MD5-CRYPT}$1$UKpOQUOm$PSxIH3wGGxBxWTiwzyl2y1",
                "{MD5}$1$KxXfplWt$QlwgvW9ZSlRDA5owx1xNm0",
                "{BLF-CRYPT}$2y$05$D0DvFmM10H1EhNAFYDqH9eEXpNiycTSLZFy3WrA4tO2W2chtpbzQe",
                "{SHA256-CRYPT}$5$fIA8xTQT9YK1jRsu$QWEKzRuEHLTFnsb9SRWoryLURQVpH6BwWZq3GK.mz2D",
                "{SHA512-CRYPT}$6$NYZeq6rV1O2b/oyc$4XfrioCzQ992wjFYietzX5JwCE/Dw6lGp9gfGBd.wvXehP0POb.CnmxaCjbsNXF053r"
                        + "42Ax84TH9n8ekI6WR7/",
                "{SHA512-CRYPT.B64}JDYkRUlWTEhoNnlxVnhUUHdGRSROcThYLk9INmFFZmQvLmZQZkJ0ZFg5ZktvTEtYN2tqTHFPZGNDdHdZOWg"
                        + "yYTE0NXREbWFUalMuQXVCSkt6bkRjOFhKaGZXWVNkaDhQZmk1cUczTS43MA==",
                "{PLAIN-MD5}3d13e784a8bef5963ff3979d6a4e0b33",
                "{LDAP-MD5}PRPnhKi+9ZY/85edak4LMw==",
                "{SMD5}gOFeFCmRc0JOJ5+Q1gsuBlfZADA=",
                "{SHA}IqPbJ6XKtPKonCaH1FxF1vXnkgQ=",
                "{SHA1}IqPbJ6XKtPKonCaH1FxF1vXnkgQ=",
                "{SSHA}zvNmzxxSmLytlNg4nCZIaO83jxC5PAO4",
                "{SSHA.B64}r+lEIfGrRT3+H8EUMKjYTnrlHASc1Atb",
                "{SHA256}WRvS+HK8Fh8z5BYqSQqFlHXT5l3imnj9L08kwq7xvAY=",
                "{SSHA256}TdW2RYeyk76+GLOOlX0YRxxDJauuNfnZde253mz6UlYsdQZt",
                "{SHA512}DiRI343RFAZ2tHyrLCAUsR+kpuzA6aULRoH85225mcCOQ4W2/KAXNMi+jN9ZN0jB+gzKJTlo0lEE02dbdJq/IQ==",
                "{SSHA512}l5fdYKbHHeVkzQQJDXZfEJ1gVAG5RFUUXMcDvsXRUUYjGVNq/GRk9h0KzT9mcEOBSKoGdKegfS5m84MlioTll1etTGg"
                        + "=",
                "{SSHA512.HEX}0d1ef2635ebe0d404a6f06d1f5ce44d0246c1569f32cfff596ef3b4a304ca27bed1b02f4e2e571aeb241b70e"
                        + "d5e73824f40a0f0ebc4f01f4c80f7dcf642c99879b79cc2d",
            })
    void aFieldOfDovecotsIsChecked(String field) throws Exception {
        assertThat(login(field, PASSWORD)).isInstanceOf(Authentication.Accepted.class);
        assertThat(login(field, "se:cret")).isEqualTo(new Authentication.Refused("wrong password", true));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$Ndui2AhGPX9qXv5tsXBrHQ$mgYdszzlGpiLaMuKwzqdA5EYaAUzJ4jLMRxm"
                        + "4NvZ4aU",
                "{PBKDF2}$1$z1XFsfOcLXn40TIH$5000$7bbf40f1ef8ec0551a0abc97efaa4936ea71e3b2",
                "{CRAM-MD5}b90d4fde1453ab465416ab458c837dd0ad071e1e7c2e2a3da2262a213d5a232a",
            })
    void aSchemeThatThisSystemLacksIsATemporaryFailureThatNamesIt(String field) throws Exception {
        assertThat(login(field, PASSWORD))
                .isInstanceOfSatisfying(
                        Authentication.Unavailable.class,
                        failed -> assertThat(failed.reason())
                                .containsIgnoringCase(field.substring(1, field.indexOf('}'))));
    }

    @Test
    void aPlainPasswordMayHaveBlanksAndUtf8() throws Exception {
        assertThat(login("{PLAIN}secret \u00c3\u00a9", "secret \u00c3\u00a9"))
                .isInstanceOf(Authentication.Accepted.class);
    }

    private Authentication login(String field, String password) throws Exception {
        Path file = directory.resolve("users");
        Files.write(file, org.postern.os.Octets.bytes("joe:" + field + ":1000:1000::/home/joe:/bin/sh\n"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        Authenticator authenticator = new Authenticator(
                new PasswdFile(file, new Nss()), new PasswordCheck(new Crypt()), new Identity(0, 0, List.of()));
        return authenticator.authenticate(
                new Authenticator.Attempt("joe", new Proof.Password(password), null), line -> {});
    }
}
