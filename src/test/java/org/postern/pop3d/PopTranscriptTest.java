package org.postern.pop3d;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postern.TestingTranscript;

/** Those with a name that begins with serve- have what {@code postern serve} offers, and three attempts. */
class PopTranscriptTest {
    static List<String> transcripts() throws IOException {
        return TestingTranscript.in("pop3");
    }

    @ParameterizedTest
    @MethodSource("transcripts")
    void isAsWritten(String transcript, @TempDir Path directory) throws Exception {
        TestingMaildrop maildrop = TestingMaildrop.mrose(directory.resolve("Maildir"));
        TestingTranscript.play(
                transcript,
                transcript.contains("/serve-")
                        ? maildrop.server(new Limits(Limits.DEFAULT.idle(), 1024, 100, 3), Capabilities.SERVE)
                        : maildrop.server(Limits.DEFAULT));
    }
}
