package org.postern.tool;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.postern.chain.Env;
import org.postern.os.ThisProcess;

/** postern's own commands in this process: their exit code, and what they print. */
final class TestingCommand {
    private TestingCommand() {}

    /** How a command ended. */
    record Left(int code, String stdout, String stderr) {}

    /** Runs {@code postern ARGUMENT...} as if it were started by that launcher. */
    static Left postern(Path launcher, String... arguments) throws IOException {
        return postern(launcher, Env.empty(), arguments);
    }

    static synchronized Left postern(Path launcher, Env env, String... arguments) throws IOException {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream stdout = new ByteArrayOutputStream();
        ByteArrayOutputStream stderr = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(stdout, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(stderr, true, StandardCharsets.UTF_8));
            int code = PosternCommand.run(List.of(arguments), env, new Tools(launcher, ThisProcess.identity()));
            return new Left(code, stdout.toString(StandardCharsets.UTF_8), stderr.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }
}
