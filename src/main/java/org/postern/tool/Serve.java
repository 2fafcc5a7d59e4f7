package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.postern.chain.Env;
import org.postern.chain.Log;
import org.postern.config.PosternToml;
import org.postern.config.Problem;
import org.postern.config.Runner;
import org.postern.config.SettingsException;
import org.postern.event.Events;
import org.postern.gateway.Demo;
import org.postern.gateway.Gateway;
import org.postern.gateway.Reload;
import org.postern.os.FileLimit;
import org.postern.os.Heap;
import org.postern.os.Signals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** postern serve: the gateway in one process. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = {
            "Serves POP3 and SMTP, with the queue and its delivery.",
            "Without --config, without /etc/postern/postern.toml, and without one in ~/.config/postern, it is a demo on",
            "loopback."
        })
final class Serve implements Callable<Integer> {
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(60);

    private final Env env;
    private final Tools tools;

    @Mixin
    private final ConfigOption config = new ConfigOption();

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
        Runner runner = ConfigFile.runner(env, tools.self());
        Path file = config.find(runner).orElse(null);
        if (file == null) {
            Path state = Demo.stateDirectory(runner);
            try (Demo demo = Demo.start(state, tools.self(), events)) {
                demo.instructions().forEach(System.out::println);
                return untilTerm(demo.gateway(), log);
            }
        }
        Path absolute = file.toAbsolutePath();
        PosternToml toml;
        try {
            toml = PosternToml.read(absolute, runner);
        } catch (SettingsException e) {
            for (Problem problem : e.problems()) {
                log.line("postern serve: fatal: " + problem);
            }
            return ConfigOption.BAD_SETTINGS;
        }
        Reload.Source source = () -> PosternToml.read(absolute, runner);
        boolean loopbackGrants = !Gateway.isPublic(toml.settings());
        try (Gateway gateway = Gateway.start(toml, source, tools.self(), loopbackGrants, events)) {
            if (tools.self().isRoot() && toml.settings().user().isEmpty()) {
                log.line("warning: serve keeps root's rights, which only accounts of several uids need: make a user,"
                        + " useradd --system --user-group postern, and write user = \"postern\"");
            }
            Signals.on("HUP", gateway::reload);
            return untilTerm(gateway, log);
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
