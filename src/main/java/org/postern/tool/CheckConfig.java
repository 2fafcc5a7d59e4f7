package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.postern.config.PosternToml;
import org.postern.config.Runner;
import org.postern.config.SettingsException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** postern check-config: what is wrong with a settings file. */
@Command(
        name = "check-config",
        mixinStandardHelpOptions = true,
        description = {
            "Reads the settings as serve does, with the certificates and secrets they name, and tells all that is wrong, a",
            "line each: file, line, setting, value, remedy. Exit code 0 where nothing is, 100 where something is."
        })
final class CheckConfig implements Callable<Integer> {
    private final Runner runner;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    CheckConfig(Runner runner) {
        this.runner = runner;
    }

    @Override
    public Integer call() throws IOException {
        Path file = config.demand(runner);
        try {
            PosternToml toml = PosternToml.read(file, runner);
            long set = toml.each().stream().filter(setting -> setting.isSet()).count();
            System.out.println(file + ": good, " + set + " settings");
            return 0;
        } catch (SettingsException e) {
            return ConfigOption.refused(e);
        }
    }
}
