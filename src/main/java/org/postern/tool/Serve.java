package org.postern.tool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Env;
import org.postern.chain.Log;
import org.postern.config.PosternToml;
import org.postern.config.Problem;
import org.postern.config.Settings;
import org.postern.config.SettingsException;
import org.postern.event.Events;
import org.postern.gateway.Demo;
import org.postern.gateway.Gateway;
import org.postern.os.FileLimit;
import org.postern.os.Heap;
import org.postern.os.Signals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** postern serve: the gateway in one process. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = {
            "Serves POP3 and SMTP, with the queue and its delivery.",
            "Without --config, and without /etc/postern/postern.toml, it is a demo on loopback."
        })
final class Serve implements Callable<Integer> {
    static final Path DEFAULT = Path.of("/etc/postern/postern.toml");
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(60);
    private static final int BAD_SETTINGS = 100;

    private final Env env;
    private final Tools tools;

    @Option(names = "--config", paramLabel = "FILE", description = "The settings; default: /etc/postern/postern.toml.")
    private @Nullable Path config;

    Serve(Env env, Tools tools) {
        this.env = env;
        this.tools = tools;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Log log = Log.standardError(false);
        FileLimit.allow(Long.MAX_VALUE);
        Heap.watch();
        Events events = event -> log.line(event.line());
        // Where it cannot be told, there is one: a demo instead of it would surprise.
        Path file = config != null ? config : !Files.notExists(DEFAULT) ? DEFAULT : null;
        if (file == null) {
            Path state = Demo.stateDirectory(
                    env.find("HOME").orElse(""), env.find("XDG_STATE_HOME").orElse(""), tools.self());
            try (Demo demo = Demo.start(state, tools.self(), events)) {
                demo.instructions().forEach(System.out::println);
                return untilTerm(demo.gateway(), log);
            }
        }
        Settings settings;
        try {
            settings = PosternToml.read(file);
        } catch (SettingsException e) {
            for (Problem problem : e.problems()) {
                log.line("postern serve: fatal: " + problem);
            }
            return BAD_SETTINGS;
        }
        try (Gateway gateway = Gateway.start(settings, tools.self(), !Gateway.isPublic(settings), events)) {
            Signals.on("HUP", () -> reroute(gateway, file, log));
            return untilTerm(gateway, log);
        }
    }

    /** HUP: the routes are read anew; where the file is wrong, the old ones stay. */
    private static void reroute(Gateway gateway, Path file, Log log) {
        try {
            gateway.reroute(PosternToml.read(file));
        } catch (SettingsException e) {
            e.problems().forEach(problem -> log.line("alert: settings not changed: " + problem));
        }
    }

    /** TERM or INT: no new sessions, those under way finish within the limit. A second one ends it now. */
    private static int untilTerm(Gateway gateway, Log log) throws InterruptedException, IOException {
        CountDownLatch term = new CountDownLatch(1);
        for (String signal : new String[] {"TERM", "INT"}) {
            Signals.on(signal, () -> {
                if (term.getCount() == 0) {
                    Runtime.getRuntime().halt(0);
                }
                term.countDown();
            });
        }
        term.await();
        if (!gateway.drain(DRAIN_LIMIT)) {
            log.line("warning: sessions that had not ended within " + DRAIN_LIMIT.toSeconds() + " s are cut");
        }
        return 0;
    }
}
