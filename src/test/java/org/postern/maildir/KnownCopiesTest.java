package org.postern.maildir;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownCopiesTest {
    @TempDir
    Path maildir;

    @Test
    void aMaildirIsListedOnceAndThenRemembered() throws IOException {
        Files.createDirectories(maildir.resolve("new"));
        KnownCopies copies = new KnownCopies();
        assertThat(copies.find(maildir, "H1")).isEmpty();
        // Put there by nobody that this process knows of: not looked for again.
        Path unknown = Files.createFile(maildir.resolve("new/1.H2.h"));
        assertThat(copies.find(maildir, "H2")).isEmpty();
        assertThat(new KnownCopies().find(maildir, "H2"))
                .map(KnownCopies.Copy::file)
                .contains(unknown);
        copies.add(maildir, "H2");
        assertThat(copies.find(maildir, "H2")).map(KnownCopies.Copy::file).contains(unknown);
        assertThat(copies.find(maildir.resolve("."), "H2")).isPresent();
    }

    @Test
    void manyCopiesAreForgottenAndFoundAgain() throws IOException {
        Files.createDirectories(maildir.resolve("a/new"));
        Files.createDirectories(maildir.resolve("b/new"));
        KnownCopies copies = new KnownCopies();
        assertThat(copies.find(maildir.resolve("a"), "H1")).isEmpty();
        assertThat(copies.find(maildir.resolve("b"), "H1")).isEmpty();
        for (int i = 0; i < 250_000; i++) {
            copies.add(maildir.resolve("b"), "Hmany" + i);
        }
        Path made = Files.createFile(maildir.resolve("a/new/1.H1.h"));
        assertThat(copies.find(maildir.resolve("a"), "H1"))
                .map(KnownCopies.Copy::file)
                .contains(made);
    }
}
