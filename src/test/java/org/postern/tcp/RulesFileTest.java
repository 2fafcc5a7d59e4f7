package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.file.TestingCdb;
import org.postern.file.TestingFileAge;
import org.postern.os.Errno;

/** Rules followed from connection to connection, small and large. */
class RulesFileTest {
    /** Beyond what is held in memory. */
    private static final int MANY = 2000;

    @TempDir
    private Path directory;

    private Path file;
    private RulesFile rules;

    @BeforeEach
    void name() {
        file = directory.resolve("rules.cdb");
        rules = new RulesFile(file);
    }

    /** Rules for 192.0.2.1 and so many others, put in place as tcprules does. */
    private void put(String data, int others) throws IOException {
        List<TestingCdb.Entry> entries = new ArrayList<>();
        entries.add(new TestingCdb.Entry("192.0.2.1", data));
        for (int i = 0; i < others; i++) {
            entries.add(new TestingCdb.Entry("10.0." + i / 256 + "." + i % 256, "D\0"));
        }
        Files.move(TestingCdb.write(directory.resolve("new"), entries), file, StandardCopyOption.ATOMIC_MOVE);
    }

    private Verdict verdict() throws IOException {
        return rules.check("192.0.2.1", null, null);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, MANY})
    void aNewFileCountsAtTheNextConnection(int others) throws Exception {
        put("D\0", others);
        assertThat(verdict()).isInstanceOf(Verdict.Deny.class);
        put("", others);
        assertThat(verdict()).isInstanceOf(Verdict.Allow.class);
        // By now it may be kept.
        TestingFileAge.settle(file);
        assertThat(verdict()).isInstanceOf(Verdict.Allow.class);
        assertThat(verdict()).isInstanceOf(Verdict.Allow.class);
        put("D\0", others);
        assertThat(verdict()).isInstanceOf(Verdict.Deny.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, MANY})
    void aFileThatIsRemovedIsMissed(int others) throws Exception {
        put("D\0", others);
        TestingFileAge.settle(file);
        assertThat(verdict()).isInstanceOf(Verdict.Deny.class);
        Files.delete(file);
        assertThatThrownBy(this::verdict)
                .isInstanceOfSatisfying(
                        IOException.class, e -> assertThat(Errno.of(e)).isEqualTo(Errno.ENOENT));
    }

    @Test
    void growingFromSmallToLargeAndBackIsFollowed() throws Exception {
        put("D\0", 0);
        TestingFileAge.settle(file);
        assertThat(verdict()).isInstanceOf(Verdict.Deny.class);
        put("", MANY);
        assertThat(verdict()).isInstanceOf(Verdict.Allow.class);
        put("D\0", 0);
        assertThat(verdict()).isInstanceOf(Verdict.Deny.class);
    }
}
