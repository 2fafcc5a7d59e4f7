package org.postern.pop3d;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingDialogue;
import org.postern.tcp.Connection;
import org.postern.tcp.TestingWire;

class PopSplitTest {
    private static final String INPUT = "CAPA\r\nUSER mrose\r\nPASS tanstaaf\r\nSTAT\r\nUIDL\r\nRETR 1\r\nTOP 2 3\r\n"
            + "XXXX\r\nDELE 2\r\nLIST\r\nRSET\r\nDELE 1\r\nQUIT\r\n";

    @TempDir
    Path directory;

    @Test
    void answersAreTheSameWhereverTheInputIsCut() throws Exception {
        String expected = output("whole", TestingWire.sending(INPUT));
        assertThat(expected).contains("..leading dot").endsWith(".\r\n+OK \r\n+OK \r\n+OK \r\n");
        for (int place = 0; place <= INPUT.length(); place++) {
            assertThat(output("cut" + place, TestingWire.cutAt(INPUT, place)))
                    .as("cut at %d", place)
                    .isEqualTo(expected);
        }
    }

    @Test
    void anExchangeIsTheSameWhereverItIsCut() throws Exception {
        String input = "CAPA\r\nAUTH LOGIN\r\nbXJvc2U=\r\n*\r\nAUTH PLAIN\r\nAG1yb3NlAHRhbnN0YWFm\r\nSTAT\r\nQUIT\r\n";
        String expected = exchange("whole", TestingWire.sending(input));
        assertThat(expected).contains("-ERR login cancelled\r\n+ \r\n+OK \r\n+OK 2 ");
        for (int place = 0; place <= input.length(); place++) {
            assertThat(exchange("auth" + place, TestingWire.cutAt(input, place)))
                    .as("cut at %d", place)
                    .isEqualTo(expected);
        }
    }

    private String exchange(String name, TestingWire wire) throws Exception {
        Connection connection = new Connection(wire);
        TestingMaildrop.mrose(directory.resolve(name))
                .server(Limits.DEFAULT, Capabilities.SERVE)
                .run(connection);
        connection.flush();
        return wire.output();
    }

    @Test
    void answersAreTheSameOctetByOctet() throws Exception {
        assertThat(output("octets", TestingWire.sending(INPUT.split(""))))
                .isEqualTo(output("whole", TestingWire.sending(INPUT)));
    }

    @Test
    void clientThatVanishesAnywhereDeletesNothingAndSeesNothingMoved() throws Exception {
        List<String> untouched = List.of("cur/QhdPYR:2,S", "new/whqtswO00WBw418f9t5JxYwZ");
        int quitIsWhole = INPUT.length();
        for (int place = 0; place < quitIsWhole; place++) {
            TestingMaildrop maildrop = TestingMaildrop.mrose(directory.resolve("gone" + place));
            run(maildrop, TestingWire.sending(INPUT.substring(0, place)));
            assertThat(maildrop.names()).as("gone after %d", place).isEqualTo(untouched);
        }
    }

    @Test
    void clientThatHangsIsLeftWithoutAWord() throws Exception {
        TestingMaildrop maildrop = TestingMaildrop.mrose(directory.resolve("hangs"));
        TestingWire wire = TestingWire.hangingAfter("USER mrose\r\nPASS tanstaaf\r\nDELE 1\r\n");
        run(maildrop, wire);
        assertThat(wire.output()).endsWith("+OK \r\n+OK \r\n+OK \r\n").doesNotContain("-ERR");
        assertThat(maildrop.names()).hasSize(2);
    }

    @Test
    void tenMillionOctetsWithoutALineEndAreOneBadCommand() throws Exception {
        String chunk = "U".repeat(1 << 20);
        String output = output(
                "long",
                TestingWire.sending(chunk, chunk, chunk, chunk, chunk, chunk, chunk, chunk, "\r\n", "QUIT\r\n"));
        assertThat(output).isEqualTo("+OK " + TestingMaildrop.TIMESTAMP + "\r\n-ERR line too long\r\n+OK \r\n");
    }

    private String output(String name, TestingWire wire) throws Exception {
        TestingMaildrop maildrop = TestingMaildrop.mrose(directory.resolve(name));
        run(maildrop, wire);
        if (name.startsWith("cut")) {
            assertThat(Files.exists(maildrop.maildir().resolve("new/whqtswO00WBw418f9t5JxYwZ")))
                    .isFalse();
        }
        return wire.output();
    }

    private static void run(TestingMaildrop maildrop, TestingWire wire) throws Exception {
        TestingDialogue.Session session = maildrop.server(Limits.DEFAULT);
        Connection connection = new Connection(wire);
        session.run(connection);
        connection.flush();
    }
}
