package org.postern.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.dkim.TestingKey;

class DkimKeysTest {
    private static final String REST = """
            me = "mail.example.com"
            home = "/h"
            pop3d.listen = "127.0.0.1:110"
            smtpd.listen = "127.0.0.1:25"
            users.file = "/u"
            """;

    @TempDir
    Path dir;

    private DkimKeys control(String dkim) throws IOException, SettingsException {
        Files.writeString(dir.resolve("me"), "mail.example.com\n");
        Files.writeString(dir.resolve("dkim"), dkim);
        return RemoteSettings.read(new QmailControl(dir)).dkim();
    }

    private DkimKeys toml(String tables) throws IOException, SettingsException {
        return PosternToml.read(Files.writeString(dir.resolve("postern.toml"), REST + tables), TestingRunner.ROOT)
                .settings()
                .send()
                .dkim();
    }

    private Path key(String name, int bits) throws IOException {
        return TestingKey.file(dir.resolve(name), TestingKey.rsa(bits));
    }

    @Test
    void bothDoorsReadTheSame() throws IOException, SettingsException {
        Path file = key("k.pem", 2048);
        DkimKeys lines = control("# ours\nExample.com:S1:" + file + "\nb.example:s2:k.pem\n");
        DkimKeys tables = toml("""
                [[send.dkim]]
                domain = "Example.com"
                selector = "S1"
                key_file = "%1$s"
                [[send.dkim]]
                domain = "b.example"
                selector = "s2"
                key_file = "%1$s"
                """.formatted(file));
        assertThat(lines).isEqualTo(tables);
        assertThat(lines.keys()).hasToString("[d=example.com s=s1, d=b.example s=s2]");
        Files.delete(dir.resolve("dkim"));
        assertThat(RemoteSettings.read(new QmailControl(dir)).dkim()).isEqualTo(DkimKeys.NONE);
        assertThat(toml("")).isEqualTo(DkimKeys.NONE);
    }

    @Test
    void theLongestMatchCounts() {
        DkimKeys keys =
                new DkimKeys(List.of(broken("example.com"), broken("sub.example.com"), broken("other.example")));
        assertThat(keys.of("Example.COM").map(DkimKey::domain)).contains("example.com");
        assertThat(keys.of("a.b.sub.example.com").map(DkimKey::domain)).contains("sub.example.com");
        assertThat(keys.of("x.example.com").map(DkimKey::domain)).contains("example.com");
        assertThat(keys.of("notexample.com")).isEmpty();
        assertThat(keys.of("com")).isEmpty();
        assertThat(keys.of("")).isEmpty();
    }

    private static DkimKey broken(String domain) {
        return new DkimKey.Broken(domain, "s", "");
    }

    @Test
    void whatOpensslWritesIsRead() throws IOException, InterruptedException {
        Path pkcs8 = key("k.pem", 2048);
        Path pkcs1 = dir.resolve("pkcs1.pem");
        openssl("rsa", "-traditional", "-in", pkcs8.toString(), "-out", pkcs1.toString());
        assertThat(Files.readString(pkcs1)).startsWith("-----BEGIN RSA PRIVATE KEY-----");
        Files.setPosixFilePermissions(pkcs1, PosixFilePermissions.fromString("rw-r-----"));
        assertThat(DkimKeyFile.read(pkcs1)).isEqualTo(DkimKeyFile.read(pkcs8));

        Path locked = dir.resolve("locked.pem");
        openssl("pkey", "-aes128", "-passout", "pass:x", "-in", pkcs8.toString(), "-out", locked.toString());
        refused(locked, "its key needs a passphrase");
        openssl(
                "rsa",
                "-traditional",
                "-aes128",
                "-passout",
                "pass:x",
                "-in",
                pkcs8.toString(),
                "-out",
                locked.toString());
        refused(locked, "its key needs a passphrase");
        Path elliptic = dir.resolve("ec.pem");
        openssl("genpkey", "-algorithm", "ed25519", "-out", elliptic.toString());
        refused(elliptic, "its key is not for RSA");
        openssl("rsa", "-pubout", "-in", pkcs8.toString(), "-out", locked.toString());
        refused(locked, "it has no private key in PEM");
    }

    private void openssl(String... arguments) throws IOException, InterruptedException {
        String[] command = new String[arguments.length + 1];
        command[0] = "openssl";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("openssl.log").toFile())
                .start();
        assertThat(process.waitFor()).isZero();
    }

    private static void refused(Path file, String why) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        assertThatThrownBy(() -> DkimKeyFile.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(why);
    }

    @Test
    void aKeyThatReceiversDoNotBelieveIsRefused() throws IOException {
        refused(key("short.pem", 1023), "it is an RSA key of 1023 bits, and receivers believe 1024 to 4096: make one");
        assertThat(DkimKeyFile.read(key("least.pem", 1024)).getModulus().bitLength())
                .isEqualTo(1024);
        refused(Files.writeString(dir.resolve("text"), "x\n"), "it has no private key in PEM");
        refused(
                Files.writeString(dir.resolve("cut"), "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"),
                "its PRIVATE KEY is damaged");
    }

    @Test
    void aKeyThatOthersCanReadIsAProblemOfItsTable() throws IOException {
        Path file = key("open.pem", 1024);
        for (String mode : List.of("rw-r--r--", "rw----r--", "rw-rw----")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
            assertThat(problems("domain = \"a.example\"\nselector = \"s\"\nkey_file = \"" + file + "\""))
                    .singleElement()
                    .asString()
                    .endsWith("postern.toml:9: send.dkim.key_file: is \"" + file
                            + "\": others can read or change it: chmod 600 it, and change the secret if they did");
        }
    }

    private List<Problem> problems(String table) throws IOException {
        try {
            throw new AssertionError("no problem with " + toml("[[send.dkim]]\n" + table));
        } catch (SettingsException e) {
            return e.problems();
        }
    }

    @Test
    void everyProblemOfATableIsTold() throws IOException {
        assertThat(problems("domian = \"x\"\nselector = 7"))
                .extracting(p -> p.line() + " " + p.key() + " " + p.what().split("[;,]")[0])
                .containsExactlyInAnyOrder(
                        "7 send.dkim.domian is a text",
                        "6 send.dkim.domain is missing",
                        "8 send.dkim.selector is 7",
                        "6 send.dkim.key_file is missing");
        assertThat(problems("domain = \"@x\"\nselector = \"a b\"\nkey_file = \"k\""))
                .extracting(p -> p.key() + " " + p.what().split(";", 2)[0])
                .containsExactlyInAnyOrder(
                        "send.dkim.domain is \"@x\"", "send.dkim.selector is \"a b\"", "send.dkim.key_file is \"k\"");
        Path file = key("k.pem", 1024);
        String table = "domain = \"a.example\"\nselector = \"s\"\nkey_file = \"" + file + "\"\n";
        assertThat(problems(table + "[[send.dkim]]\n" + table))
                .singleElement()
                .asString()
                .endsWith(":11: send.dkim.domain: is \"a.example\", which has another key above: keep one of them");
    }

    @Test
    void aLineThatIsNoneIsTold() {
        assertThatThrownBy(() -> control("a.example:s\n\nb.example:s p:k\nc.example:s:k\nc.example:t:k\n"))
                .hasMessage("""
                        %1$s:1: "a.example:s": write domain:selector:file
                        %1$s:3: "b.example:s p:k": the selector is "s p"; write letters, digits and hyphens, as postern2026
                        %1$s:5: "c.example:t:k": the domain has another key above: keep one of them""".formatted(dir.resolve("dkim")));
    }

    @Test
    void aKeyOfControlThatCannotBeUsedIsItsDomainsTroubleAlone() throws IOException, SettingsException {
        key("good.pem", 1024);
        DkimKeys keys = control("a.example:s:none.pem\nb.example:s:good.pem\n");
        Optional<DkimKey> bad = keys.of("a.example");
        assertThat(bad).get().isInstanceOf(DkimKey.Broken.class);
        assertThat(((DkimKey.Broken) bad.get()).why())
                .isEqualTo(
                        "none.pem: there is no such file: make one with a private key in PEM, readable by Postern alone");
        assertThat(keys.of("b.example")).get().isInstanceOf(DkimKey.Usable.class);
    }
}
