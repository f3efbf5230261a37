package io.lockstep.verdict.loop;

import io.lockstep.config.ConfigException;
import io.lockstep.config.ConfigReader;
import io.lockstep.config.Key;
import io.lockstep.data.stageb.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A reviewer's decision.
 *
 * @param ticketKey the ticket
 * @param label what its label should be
 */
record Decision(
    @Key("Group and label in its folder: `group::label`.") String ticketKey,
    @Key("What its label should be.") Verdict label) {

  /**
   * Reads a file of decisions; of several on one ticket the last counts.
   *
   * @throws ConfigException naming file and line if one is no decision
   */
  static Map<String, Verdict> read(Path file) throws IOException, ConfigException {
    Map<String, Verdict> decisions = new HashMap<>();
    List<String> lines = Files.readAllLines(file);
    for (int i = 0; i < lines.size(); i++) {
      Decision each = ConfigReader.readLine(Decision.class, lines.get(i), file + ":" + (i + 1));
      decisions.put(each.ticketKey(), each.label());
    }
    return decisions;
  }
}
