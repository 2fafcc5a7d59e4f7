package org.postern.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class ErrnoTest {
    @Test
    void javasStreamsTellItInTheWordsOfTheSystem() {
        IOException full = catching(() -> {
            try (FileOutputStream out = new FileOutputStream("/dev/full")) {
                out.write('x');
            }
        });
        assertThat(Errno.of(full)).isEqualTo(Errno.ENOSPC);
        assertThat(Errno.djbText(full)).isEqualTo("out of disk space");
        assertThat(Errno.of(catching(() -> new FileOutputStream("/proc/nothing").close())))
                .isEqualTo(Errno.ENOENT);
    }

    /** The JVM speaks the language of LC_MESSAGES; the programs' words and codes are to stay. */
    @Test
    void whateverLanguageTheyAreIn() {
        assertThat(Errno.byText(
                        "Auf dem Ger\u00e4t ist kein Speicherplatz mehr verf\u00fcgbar",
                        number -> number == 28
                                ? "Auf dem Ger\u00e4t ist kein Speicherplatz mehr verf\u00fcgbar"
                                : "Anderes"))
                .isEqualTo(Errno.ENOSPC);
        assertThat(Errno.byText("Stream closed", number -> "Anderes")).isNull();
        // The library's own words, asked for: no message of ours is any of them.
        assertThat(Errno.of(new IOException("Stream closed"))).isNull();
    }

    private interface Failing {
        void run() throws IOException;
    }

    private static IOException catching(Failing failing) {
        try {
            failing.run();
        } catch (IOException e) {
            return e;
        }
        throw new AssertionError("it did not fail");
    }
}
