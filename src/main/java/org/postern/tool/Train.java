package org.postern.tool;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** TEMP. */
@Command(name = "train", hidden = true)
final class Train implements Callable<Integer> {
    private final Tools tools;

    Train(Tools tools) {
        this.tools = tools;
    }

    @Override
    public Integer call() throws IOException {
        for (String name : Tools.NAMES) {
            tools.find(name);
        }
        return 0;
    }
}
