package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.postern.config.PosternToml;
import org.postern.config.Runner;
import org.postern.config.SettingsException;
import org.postern.control.ControlClient;
import org.postern.control.Request;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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

    @Mixin
    private final ConfigOption config = new ConfigOption();

    ReloadCommand(Runner runner) {
        this.runner = runner;
    }

    @Override
    public Integer call() throws IOException {
        Path file = config.demand(runner);
        Path home;
        try {
            home = PosternToml.home(file, runner);
        } catch (SettingsException e) {
            return ConfigOption.refused(e);
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
