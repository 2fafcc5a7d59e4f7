package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.postern.chain.Children;
import org.postern.chain.Programs;
import org.postern.chain.Tool;
import org.postern.chain.Trampoline;
import org.postern.dns.DnsResolver;
import org.postern.dns.DnsSettings;
import org.postern.os.Identity;

/** The command table: every program by its name. Each is made once, when it is first wanted. */
final class Tools {
    /** The programs that {@code postern links} makes links for. */
    static final List<String> NAMES = List.of(
            "checkpassword",
            "envdir",
            "tcpserver");

    private final Path launcher;
    private final Identity self;
    private final Programs programs;
    private final ConcurrentHashMap<String, Tool> made = new ConcurrentHashMap<>();

    /** @param launcher where our links lead to */
    Tools(Path launcher, Identity self) throws IOException {
        this.launcher = launcher;
        this.self = self;
        this.programs = new Programs(this::find, launcher);
    }

    Path launcher() {
        return launcher;
    }

    /** Whose rights this process had when it began. */
    Identity self() {
        return self;
    }

    Programs programs() {
        return programs;
    }

    /** The chain for sessions of this process, whose rights are these by then. */
    Trampoline chain(Identity now) {
        return new Trampoline(programs, new Children(programs, Set.copyOf(Main.DESCRIPTOR_VARIABLES), now));
    }

    Optional<Tool> find(String name) {
        if (!NAMES.contains(name)) {
            return Optional.empty();
        }
        Tool tool = made.get(name);
        if (tool == null) {
            tool = made.computeIfAbsent(name, this::make);
        }
        return Optional.of(tool);
    }

    private Tool make(String name) {
        return switch (name) {
            case "tcpserver" ->
                new Tcpserver(programs, this::chain, cache -> new DnsResolver(DnsSettings.ofDnsCacheIp(cache)));
            default -> throw new IllegalStateException(name);
        };
    }
}
