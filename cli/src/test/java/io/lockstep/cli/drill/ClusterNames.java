package io.lockstep.cli.drill;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Addresses of pods and the names by which they find each other. Every pod has an address of the
 * loopback network of its own, a new one each time, so that all listen on the ports of their
 * manifests. Names are those that a cluster's DNS would answer for its services; they stand in a
 * file that JVMs read ({@code jdk.net.hosts.file}) instead of asking the machine.
 */
final class ClusterNames {

  /** Below 127.0.0.0/8, one that another drill on this machine hardly has. */
  private final String network =
      "127.%d.%d."
          .formatted(
              ThreadLocalRandom.current().nextInt(64, 255),
              ThreadLocalRandom.current().nextInt(0, 255));

  private final Path file;
  private String written = "";
  private int addresses;

  ClusterNames(Path file) throws IOException {
    this.file = file;
    update(List.of(), List.of());
  }

  Path file() {
    return file;
  }

  /** The address of one more pod. */
  synchronized String next() {
    addresses++;
    if (addresses > 254) {
      throw new IllegalStateException("no addresses are left in " + network + "0/24");
    }
    return network + addresses;
  }

  /** Writes the names of services anew. Those of unready pods are there as for these services. */
  synchronized void update(List<ObjectNode> services, List<ObjectNode> pods) throws IOException {
    Set<String> lines = new TreeSet<>();
    lines.add("127.0.0.1 localhost");
    lines.add("127.0.0.1 " + InetAddress.getLocalHost().getHostName());
    for (ObjectNode service : services) {
      String name = service.at("/metadata/name").asText();
      for (ObjectNode pod : pods) {
        String address = pod.at("/status/podIP").asText();
        if (!address.isEmpty() && selects(service, pod)) {
          lines.add(address + " " + name);
          lines.add(address + " " + pod.at("/metadata/name").asText() + "." + name);
        }
      }
    }
    String text = String.join("\n", lines) + "\n";
    if (!text.equals(written)) {
      Path partial = file.resolveSibling(file.getFileName() + ".partial");
      Files.writeString(partial, text);
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
      written = text;
    }
  }

  private static boolean selects(ObjectNode service, ObjectNode pod) {
    return service.at("/spec/selector").properties().stream()
        .allMatch(
            label -> label.getValue().equals(pod.at("/metadata/labels").path(label.getKey())));
  }
}
