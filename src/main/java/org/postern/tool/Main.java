package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.postern.chain.Args;
import org.postern.chain.Becoming;
import org.postern.chain.Descriptors;
import org.postern.chain.Env;
import org.postern.chain.Log;
import org.postern.chain.Tool;
import org.postern.os.Octets;
import org.postern.os.Signals;
import org.postern.os.ThisProcess;
import org.postern.tcp.Connection;
import org.postern.tcp.StandardWire;

/**
 * Where the JVM starts: {@code Main NAME ARGUMENT...}, NAME being what the launcher was called as. A program's argv,
 * environment, directory, ids and descriptors are read here and nowhere below.
 */
final class Main {
    /** What a chain has open besides 0, 1 and 2, and which variable says so: relay-ctrl-chdir's directory. */
    static final List<String> DESCRIPTOR_VARIABLES = List.of("RELAY_CTRL_DIR_FD");

    /** checkpassword's, given by whoever asks it (cr.yp.to/checkpwd/interface.html). */
    private static final int PASSWORD = 3;

    private Main() {}

    public static void main(String[] arguments) throws IOException {
        ThisProcess.noteGiven();
        List<String> argv = octets(arguments);
        String name = argv.getFirst().substring(argv.getFirst().lastIndexOf('/') + 1);
        Env env = Env.of(ThisProcess.environment());
        Tools tools = new Tools(launcher(), ThisProcess.identity());
        if (name.equals("postern")) {
            System.exit(PosternCommand.run(argv.subList(1, argv.size()), env, tools));
        }
        for (String signal : List.of("TERM", "INT", "HUP")) {
            Signals.leaveToSystem(signal);
        }
        Log log = Log.standardError(env.has("PROTO"));
        Tool tool = tools.find(name).orElse(null);
        if (tool == null) {
            log.line(name + ": fatal: no program of Postern has this name");
            System.exit(100);
            return;
        }
        ThisProcess.title(argv);
        Connection connection = new Connection(new StandardWire());
        Tool.Invocation call = new Tool.Invocation(
                new Args(argv),
                env,
                Octets.path(workingDirectory()),
                tools.self(),
                new Descriptors(connection, log, inherited(env)),
                ThisProcess.pid());
        int code = new Becoming(tools.programs()).run(tool, call);
        try {
            connection.flush();
        } catch (IOException e) {
            // Standard output is closed: what was left to say has no reader.
            connection.discardInput();
        }
        // Not exit: no shutdown hook is ours, and a reader thread may hang in a read of descriptor 0.
        Runtime.getRuntime().halt(code);
    }

    private static Path launcher() {
        return Path.of(System.getProperty("postern.launcher", "postern"));
    }

    /** Java decodes arguments by the locale; under the C locale what is not ASCII is lost. /proc has the octets. */
    private static List<String> octets(String[] arguments) throws IOException {
        for (String argument : arguments) {
            if (!Octets.isAscii(argument)) {
                return ThisProcess.lastArguments(arguments.length);
            }
        }
        return new ArrayList<>(List.of(arguments));
    }

    private static String workingDirectory() throws IOException {
        String directory = System.getProperty("user.dir");
        return Octets.isAscii(directory)
                ? directory
                : Octets.of(java.nio.file.Files.readSymbolicLink(Path.of("/proc/self/cwd")));
    }

    private static Map<Integer, Descriptors.Other> inherited(Env env) {
        Map<Integer, Descriptors.Other> others = new TreeMap<>();
        for (String variable : DESCRIPTOR_VARIABLES) {
            String value = env.get(variable);
            if (value != null && value.matches("[0-9]{1,6}")) {
                int descriptor = Integer.parseInt(value);
                if (descriptor > 2 && java.nio.file.Files.exists(Path.of("/proc/self/fd/" + descriptor))) {
                    others.put(descriptor, new Descriptors.Other.Open(descriptor));
                }
            }
        }
        if (ThisProcess.wasGiven(PASSWORD)) {
            others.put(PASSWORD, new Descriptors.Other.Open(PASSWORD));
        }
        return others;
    }
}
