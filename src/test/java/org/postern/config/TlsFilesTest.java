package org.postern.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsFilesTest {
    @TempDir
    private Path scratch;

    private TlsFiles make(String name, List<String> kind) throws IOException {
        return TestingCertificates.make(scratch, name, kind, "mx.test");
    }

    @Test
    void whatOpensslWritesIsRead() throws IOException {
        assertThat(make("rsa", TestingCertificates.RSA).read().key().getAlgorithm())
                .isEqualTo("RSA");
        assertThat(make("ec", TestingCertificates.EC).read().key().getAlgorithm())
                .isEqualTo("EC");
        assertThat(make("ed", TestingCertificates.ED25519).read().key().getAlgorithm())
                .isEqualTo("EdDSA");
    }

    @Test
    void keysOfOlderFormsAreReadToo() throws IOException {
        for (List<String> kind : List.of(TestingCertificates.RSA, TestingCertificates.EC)) {
            TlsFiles files = make("old", kind);
            TestingCertificates.run(List.of(
                    "openssl",
                    kind.equals(TestingCertificates.RSA) ? "rsa" : "ec",
                    kind.equals(TestingCertificates.RSA) ? "-traditional" : "-param_enc",
                    kind.equals(TestingCertificates.RSA) ? "-text" : "named_curve",
                    "-in",
                    files.key().toString(),
                    "-out",
                    files.key().toString()));
            assertThat(Files.readString(files.key())).containsPattern("BEGIN (RSA|EC) PRIVATE KEY");
            assertThat(files.read().chain()).hasSize(1);
        }
    }

    @Test
    void aChainKeepsItsOrder() throws IOException {
        TlsFiles first = make("first", TestingCertificates.EC);
        TlsFiles second = make("second", TestingCertificates.EC);
        Path both = scratch.resolve("both.pem");
        Files.writeString(both, Files.readString(first.certificate()) + "\n" + Files.readString(second.certificate()));
        assertThat(new TlsFiles(both, first.key()).read().chain())
                .extracting(c -> c.getSubjectX500Principal().getName())
                .containsExactly("CN=first", "CN=second");
        assertThatThrownBy(() -> new TlsFiles(both, second.key()).read())
                .hasMessage(second.key() + ": it is not the key of " + both);
    }

    @Test
    void whatCannotBeUsedIsToldWithTheRemedy() throws IOException {
        TlsFiles good = make("good", TestingCertificates.EC);
        Path nothing = scratch.resolve("nothing");
        Path text = Files.writeString(scratch.resolve("text"), "no PEM\n");
        Files.setPosixFilePermissions(text, PosixFilePermissions.fromString("rw-------"));
        refused(new TlsFiles(nothing, good.key()), "certificate", nothing + ": there is no such file");
        refused(new TlsFiles(text, good.key()), "certificate", text + ": it has no certificate in PEM");
        refused(new TlsFiles(good.certificate(), text), "key", text + ": it has no private key in PEM");
        refused(new TlsFiles(good.certificate(), nothing), "key", nothing + ": there is no such file");
        Files.setPosixFilePermissions(good.key(), PosixFilePermissions.fromString("rw-r--r--"));
        refused(good, "key", good.key() + ": others can read or change it: chmod 600 it");
        Files.setPosixFilePermissions(good.key(), PosixFilePermissions.fromString("rw-------"));
        TestingCertificates.run(List.of(
                "openssl",
                "pkey",
                "-aes256",
                "-passout",
                "pass:x",
                "-in",
                good.key().toString(),
                "-out",
                text.toString()));
        refused(new TlsFiles(good.certificate(), text), "key", text + ": its key needs a passphrase");
    }

    private static void refused(TlsFiles files, String setting, String why) {
        assertThatThrownBy(files::read)
                .isInstanceOfSatisfying(
                        TlsFiles.Unusable.class, e -> assertThat(e.setting()).isEqualTo(setting))
                .hasMessageStartingWith(why);
    }
}
