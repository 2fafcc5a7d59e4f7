package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.chain.Args;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;

/** bouncesaying, condredirect and except: what they make of a program's end. */
class ConditionCommandTest {
    private final TestingCall call = TestingCall.stdin("");
    private Args ran;

    private int run(String line, Subprogram.Outcome outcome) throws IOException {
        Subprogram subprogram = called -> {
            ran = called.args();
            return outcome;
        };
        List<String> words = List.of(line.split(" "));
        Tool tool = switch (words.getFirst()) {
            case "bouncesaying" -> new Bouncesaying(subprogram);
            case "condredirect" -> new Condredirect(subprogram);
            default -> new Except(subprogram);
        };
        return ((Tool.Exit.Code) call.run(tool, words.toArray(String[]::new))).value();
    }

    @ParameterizedTest
    @CsvSource({
        "bouncesaying Gone,      0, 100, Gone",
        "bouncesaying Gone p -x, 0, 100, Gone",
        "bouncesaying Gone p -x, 1, 0,",
        "bouncesaying Gone p -x, 100, 0,",
        "bouncesaying Gone p -x, 99, 0,",
        "bouncesaying Gone p -x, 111, 111, bouncesaying: fatal: temporary child error",
        "condredirect a@b p -x,  1, 0,",
        "condredirect a@b p -x,  100, 0,",
        "condredirect a@b p -x,  111, 111, condredirect: fatal: temporary child error",
        "except p -x, 0, 100,",
        "except p -x, 1, 0,",
        "except p -x, 99, 0,",
        "except p -x, 100, 0,",
        "except p -x, 111, 111, except: fatal: temporary child error",
    })
    void theExitCodeFollowsFromTheProgramsOwn(String line, int programs, int ours, String said) throws IOException {
        assertThat(run(line, new Subprogram.Outcome.Exited(programs))).isEqualTo(ours);
        assertThat(call.stderr()).isEqualTo(said == null ? "" : said + "\n");
        assertThat(ran).isEqualTo(line.endsWith("p -x") ? Args.of("p", "-x") : null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bouncesaying Gone p", "condredirect a@b p", "except p"})
    void whatCannotBeToldIsTriedLater(String line) throws IOException {
        String name = line.substring(0, line.indexOf(' '));
        assertThat(run(line, new Subprogram.Outcome.Crashed())).isEqualTo(111);
        assertThat(run(line, new Subprogram.Outcome.CannotRun(false, "out of memory")))
                .isEqualTo(111);
        assertThat(call.stderr())
                .isEqualTo(name + ": fatal: child crashed\n" + name + ": fatal: unable to run p: out of memory\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bouncesaying Gone p", "condredirect a@b p", "except p"})
    void aProgramThatIsNotThereSaysNoWithAWarning(String line) throws IOException {
        assertThat(run(line, new Subprogram.Outcome.CannotRun(true, "file does not exist")))
                .isZero();
        assertThat(call.stderr())
                .isEqualTo(line.substring(0, line.indexOf(' ')) + ": warning: unable to run p: file does not exist\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bouncesaying", "condredirect", "condredirect a@b", "except"})
    void wrongUseIs100(String line) throws IOException {
        assertThat(run(line, new Subprogram.Outcome.Exited(0))).isEqualTo(100);
        assertThat(call.stderr()).contains(": usage: ");
        assertThat(ran).isNull();
    }

    @Test
    void whatCondredirectSendsMustBeginAtItsBeginning() throws IOException {
        // The wire of a session that has no descriptor: as a pipe, it cannot be rewound.
        assertThat(run("condredirect a@b p", new Subprogram.Outcome.Exited(0))).isEqualTo(111);
        assertThat(call.stderr()).startsWith("condredirect: fatal: unable to rewind: ");
    }
}
