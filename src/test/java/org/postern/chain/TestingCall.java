package org.postern.chain;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.postern.os.Identity;
import org.postern.tcp.Connection;
import org.postern.tcp.TestingWire;

/** Calls a tool in-process and keeps what it printed. */
public final class TestingCall {
    private final TestingWire wire;
    private final List<String> log = Collections.synchronizedList(new ArrayList<>());
    private Env env = Env.empty();
    private Path cwd = Path.of("").toAbsolutePath();
    private Map<Integer, Descriptors.Other> others = Map.of();

    private TestingCall(TestingWire wire) {
        this.wire = wire;
    }

    /** With this on descriptor 0. */
    public static TestingCall stdin(String input) {
        return new TestingCall(TestingWire.sending(input));
    }

    public static TestingCall wire(TestingWire wire) {
        return new TestingCall(wire);
    }

    public TestingCall env(String name, String value) {
        env = env.with(name, value);
        return this;
    }

    public TestingCall cwd(Path directory) {
        cwd = directory;
        return this;
    }

    public TestingCall descriptor(int number, String octets) {
        others = new Descriptors(null, null, others)
                .with(number, new Descriptors.Other.Data(octets))
                .others();
        return this;
    }

    /** @param open a descriptor of this process, which stays the caller's */
    public TestingCall descriptor(int number, int open) {
        others = new Descriptors(null, null, others)
                .with(number, new Descriptors.Other.Open(open))
                .others();
        return this;
    }

    public Tool.Invocation invocation(String... args) {
        Descriptors fds = new Descriptors(new Connection(wire), log::add, others);
        return new Tool.Invocation(Args.of(args), env, cwd, new Identity(0, 0, List.of()), fds, 4711);
    }

    /** An environment's variables, whatever their order. */
    public static Map<String, String> variables(Env env) {
        Map<String, String> variables = new TreeMap<>();
        for (String entry : env.entries()) {
            int equals = entry.indexOf('=');
            variables.put(entry.substring(0, equals), entry.substring(equals + 1));
        }
        return variables;
    }

    /** Runs the tool to its exit; its output is flushed. */
    public Tool.Exit run(Tool tool, String... args) throws IOException {
        Tool.Invocation call = invocation(args);
        Tool.Exit exit = tool.run(call);
        if (!wire.isClosed()) {
            call.fds().connection().flush();
        }
        return exit;
    }

    public String stdout() {
        return wire.output();
    }

    /** What was logged (descriptor 2), each line with its line feed. */
    public String stderr() {
        StringBuilder text = new StringBuilder();
        log.forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }
}
