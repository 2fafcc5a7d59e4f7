package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.chain.Args;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.os.Errno;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.tcp.TestingWire;

class PrelineCommandTest {
    private TestingCall call = calledWith("message\n");
    private Subprogram.Outcome outcome = new Subprogram.Outcome.Exited(0);
    private String read = "";

    private final Preline preline = new Preline(called -> {
        assertThat(called.args()).isEqualTo(Args.of("command", "-f"));
        try (InputStream in = called.fds().input(0)) {
            read = Octets.of(in.readAllBytes());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return outcome;
    });

    private static TestingCall calledWith(String message) {
        return TestingCall.stdin(message)
                .env("UFLINE", "F\n")
                .env("RPLINE", "R\n")
                .env("DTLINE", "D\n");
    }

    private int run(String options) throws IOException {
        return ((Tool.Exit.Code)
                        call.run(preline, ("preline " + options).strip().split(" ")))
                .value();
    }

    @ParameterizedTest
    @CsvSource({
        "command -f, FRD",
        "-f command -f, RD",
        "-r command -f, FD",
        "-d command -f, FR",
        "-fr -d command -f, ''",
        "-frF -- command -f, FD",
        "-d -D command -f, FRD",
        "-rR command -f, FRD",
    })
    void theLinesStandBeforeTheMessage(String options, String lines) throws IOException {
        assertThat(run(options)).isZero();
        assertThat(read).isEqualTo(lines.replaceAll("(.)", "$1\n") + "message\n");
    }

    @Test
    void theExitCodeIsTheCommands() throws IOException {
        outcome = new Subprogram.Outcome.Exited(77);
        assertThat(run("command -f")).isEqualTo(77);
        assertThat(call.stderr()).isEmpty();
    }

    @Test
    void aCommandThatCrashesOrCannotRun() throws IOException {
        outcome = new Subprogram.Outcome.Crashed();
        assertThat(run("command -f")).isEqualTo(111);
        outcome = new Subprogram.Outcome.CannotRun(false, "out of memory");
        assertThat(run("command -f")).isEqualTo(111);
        outcome = new Subprogram.Outcome.CannotRun(true, "file does not exist");
        assertThat(run("command -f")).isEqualTo(100);
        assertThat(call.stderr())
                .isEqualTo("preline: fatal: child crashed\npreline: fatal: unable to run command: out of memory\n"
                        + "preline: fatal: unable to run command: file does not exist\n");
    }

    @Test
    void aCommandNeedNotReadTheMessage() throws IOException {
        call = calledWith("x".repeat(1 << 20));
        Preline unread = new Preline(called -> new Subprogram.Outcome.Exited(3));
        assertThat(call.run(unread, "preline", "command")).isEqualTo(Tool.Exit.code(3));
    }

    @Test
    void aMessageThatCannotBeReadIsTriedLater() throws IOException {
        call = TestingCall.wire(TestingWire.failingAfter("half", new OsException("read", Errno.EIO.number())))
                .env("UFLINE", "F\n")
                .env("RPLINE", "R\n")
                .env("DTLINE", "D\n");
        assertThat(run("command -f")).isEqualTo(111);
        assertThat(call.stderr()).isEqualTo("preline: fatal: unable to copy input: input/output error\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-f", "-x command"})
    void wrongUseIs100(String options) throws IOException {
        assertThat(run(options)).isEqualTo(100);
        assertThat(call.stderr()).isEqualTo("preline: usage: preline [ -dfr ] command [ arg ... ]\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UFLINE", "RPLINE", "DTLINE"})
    void outsideOfADeliveryThereAreNoLines(String missing) throws IOException {
        call = TestingCall.stdin("");
        for (String name : new String[] {"UFLINE", "RPLINE", "DTLINE"}) {
            if (!name.equals(missing)) {
                call.env(name, "x\n");
            }
        }
        assertThat(run("command -f")).isEqualTo(100);
        assertThat(call.stderr()).isEqualTo("preline: fatal: " + missing + " not set\n");
    }
}
