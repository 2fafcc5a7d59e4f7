package org.postern.tool;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import org.postern.config.PosternToml;
import org.postern.config.Runner;
import org.postern.config.Setting;
import org.postern.config.SettingsException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** postern show-config: every setting, its value, and where that comes from. */
@Command(
        name = "show-config",
        mixinStandardHelpOptions = true,
        description = {
            "Shows every setting, its value, and where that comes from: a line of the file, the environment, the default.",
            "Secrets are not shown."
        })
final class ShowConfig implements Callable<Integer> {
    private static final int WIDEST = 60;

    private final Runner runner;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    @Option(names = "--json", description = "For machines: an object a line.")
    private boolean json;

    ShowConfig(Runner runner) {
        this.runner = runner;
    }

    @Override
    public Integer call() throws IOException {
        try {
            List<Setting> settings =
                    PosternToml.read(config.demand(runner), runner).each();
            PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
            if (json) {
                json(settings, out);
            } else {
                table(settings, out);
            }
            out.flush();
            return 0;
        } catch (SettingsException e) {
            return ConfigOption.refused(e);
        }
    }

    private static void table(List<Setting> settings, PrintStream out) {
        int width = settings.stream()
                .mapToInt(setting -> line(setting).length())
                .filter(length -> length <= WIDEST)
                .max()
                .orElse(0);
        for (Setting setting : settings) {
            out.println(
                    line(setting) + " ".repeat(Math.max(0, width - line(setting).length())) + "  # " + from(setting));
        }
    }

    /** As the file has it; what is not set and has a default in words alone is a comment. */
    private static String line(Setting setting) {
        return setting.shown().isEmpty() && !setting.isSet()
                ? "#" + setting.key()
                : setting.key() + " = " + setting.shown();
    }

    private static String from(Setting setting) {
        String words = setting.description().otherwise();
        if (setting.isSet() || words.equals(setting.value())) {
            return !setting.isSet() && words.isEmpty()
                    ? "not set"
                    : setting.whence().toString();
        }
        return setting.whence() + ": " + words;
    }

    private static void json(List<Setting> settings, PrintStream out) throws IOException {
        for (Setting setting : settings) {
            try (JsonGenerator line =
                    new JsonFactory().createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
                line.writeStartObject();
                line.writeStringField("key", setting.key());
                line.writeStringField("value", setting.shown());
                line.writeStringField("from", setting.whence().toString());
                line.writeStringField("default", setting.description().otherwise());
                line.writeStringField("kind", setting.description().kind());
                line.writeStringField("meaning", setting.description().meaning());
                line.writeStringField("restart", setting.description().restart().orElse(""));
                line.writeEndObject();
            }
            out.println();
        }
    }
}
