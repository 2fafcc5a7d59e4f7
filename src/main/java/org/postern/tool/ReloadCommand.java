package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.postern.config.PosternToml;
import org.postern.config.Problem;
import org.postern.config.Runner;
import org.postern.config.SettingsException;
import org.postern.control.ControlClient;
import org.postern.control.Request;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** postern reload: has a serve that runs take up its settings. */
@Command(
        name = "reload",
        mixinStandardHelpOptions = true,
        description = {
            "Has the postern serve that runs with these settings read them anew, and says what it has taken up and what takes",
            "a restart. Sessions go on. Where something is wrong, each problem is told, and all stays as it was: exit code 100."
        })
final class ReloadCommand implements Callable<Integer> {
    private final Runner runner;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The settings; default: /etc/postern/postern.toml, else those in ~/.config/postern.")
    private @Nullable Path config;

    ReloadCommand(Runner runner) {
        this.runner = runner;
    }

    @Override
    public Integer call() throws IOException {
        Path file = ConfigFile.demand(config, runner);
        Path home;
        try {
            home = PosternToml.home(file, runner);
        } catch (SettingsException e) {
            for (Problem problem : e.problems()) {
                System.err.println(problem);
            }
            return CheckConfig.BAD_SETTINGS;
        }
        OptionalInt code = ControlClient.ask(
                home.resolve("queue"), new Request.Reload(Request.Form.TABLE), System.out, System.err::println);
        if (code.isEmpty()) {
            throw new IOException("no postern serve runs with the state directory " + home + " (home in " + file
                    + "): start it, or restart it where home was changed");
        }
        return code.getAsInt();
    }
}
