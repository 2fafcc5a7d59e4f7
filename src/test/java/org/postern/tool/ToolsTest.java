package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.postern.os.ThisProcess;

class ToolsTest {
    @Test
    void everyNameIsMadeAndHasAPage() throws IOException {
        Tools tools = new Tools(Path.of("postern").toAbsolutePath(), ThisProcess.identity());
        for (String name : Tools.NAMES) {
            assertThat(tools.find(name)).as(name).isPresent();
            assertThat(Path.of("docs/programs", name + ".md")).exists();
        }
        assertThat(tools.find("sh")).isEmpty();
    }
}
