package org.postern.tool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.postern.chain.Args;
import org.postern.chain.Descriptors;
import org.postern.chain.Env;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.os.Spawn;

/**
 * Runs a command line as a shell would: our tools in-process, what they become too, and foreign programs as real
 * processes with pipes on 0, 1 and 2 and the kept descriptors.
 */
final class TestingProcesses {
    private static final List<String> PATH = List.of("/usr/local/bin", "/usr/bin", "/bin");

    private final Map<String, Tool> tools;

    TestingProcesses(Map<String, Tool> tools) {
        this.tools = tools;
    }

    /** What a command left. */
    record Left(int code, String stdout, String stderr) {}

    Left run(List<String> argv, Env env, Path cwd) throws IOException {
        TestingCall testing = TestingCall.stdin("");
        Tool.Invocation plain = testing.invocation("x");
        Tool.Exit exit =
                new Tool.Exit.Exec(new Args(argv), env, cwd, plain.identity(), plain.fds(), why -> Tool.Exit.code(127));
        StringBuilder out = new StringBuilder();
        StringBuilder err = new StringBuilder();
        int code = 0;
        while (exit instanceof Tool.Exit.Exec next) {
            Tool tool = tools.get(name(next.argv().program()));
            if (tool != null) {
                exit = tool.run(
                        new Tool.Invocation(next.argv(), next.env(), next.cwd(), next.identity(), next.kept(), 4711));
            } else {
                Path program = find(next.argv().program());
                if (program == null) {
                    exit = next.otherwise().exit(new OsException("exec", Errno.ENOENT.number()));
                } else {
                    code = process(program, next, out, err);
                    break;
                }
            }
        }
        if (exit instanceof Tool.Exit.Code c) {
            code = c.value();
        }
        return new Left(code, testing.stdout() + out, testing.stderr() + err);
    }

    private static String name(String program) {
        return program.substring(program.lastIndexOf('/') + 1);
    }

    private static Path find(String program) {
        if (program.contains("/")) {
            return Files.isExecutable(Path.of(program)) ? Path.of(program) : null;
        }
        return PATH.stream()
                .map(d -> Path.of(d, program))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }

    private static int process(Path program, Tool.Exit.Exec next, StringBuilder out, StringBuilder err)
            throws IOException {
        int[] stdin = Descriptor.pipe();
        int[] stdout = Descriptor.pipe();
        int[] stderr = Descriptor.pipe();
        List<Integer> fds = new ArrayList<>(List.of(stdin[0], stdout[1], stderr[1]));
        next.kept().others().forEach((number, other) -> {
            while (fds.size() <= number) {
                fds.add(-1);
            }
            fds.set(number, ((Descriptors.Other.Open) other).descriptor());
        });
        int pid = Spawn.start(new Spawn.Child(
                program.toString(), next.argv().values(), next.env().entries(), Octets.of(next.cwd()), fds, null));
        for (int fd : new int[] {stdin[0], stdin[1], stdout[1], stderr[1]}) {
            Descriptor.close(fd);
        }
        drain(stdout[0], out);
        drain(stderr[0], err);
        return Spawn.waitHere(pid) >> 8 & 0xff;
    }

    private static void drain(int fd, StringBuilder into) throws OsException {
        byte[] buffer = new byte[4096];
        for (int n = Descriptor.read(fd, buffer); n > 0; n = Descriptor.read(fd, buffer)) {
            into.append(Octets.of(buffer, 0, n));
        }
        Descriptor.close(fd);
    }
}
