import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Brings the pages of the repository into the form that the site's generator takes, and looks for dead links in what it made. Run by
 * the profile {@code site} of the root's pom, on any JDK from 17 on:
 *
 * <pre>
 * java tools/site/SitePages.java prepare REPOSITORY SOURCES
 * java tools/site/SitePages.java check SITE
 * </pre>
 */
public final class SitePages {

  private static final Pattern LINK = Pattern.compile("(\\]\\()([^)\\s]+)(\\))");
  private static final Pattern HEADING = Pattern.compile("#{1,6} (.*)");
  private static final Pattern INDEX_GROUP = Pattern.compile("\\| \\*\\*(.*)\\*\\* \\| *\\|");
  private static final Pattern INDEX_ENTRY = Pattern.compile("\\| .* \\| (\\[.*) \\|");
  private static final Pattern NAMED_LINK = Pattern.compile("\\[([^\\]]*)\\]\\(([^)]*)\\)");
  private static final Pattern REFERENCE = Pattern.compile("\\b(?:href|src)=\"([^\"]*)\"");
  private static final Pattern ANCHOR = Pattern.compile("\\b(?:id|name)=\"([^\"]*)\"");

  private SitePages() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length == 3 && arguments[0].equals("prepare")) {
      prepare(Path.of(arguments[1]).toRealPath(), Path.of(arguments[2]));
    } else if (arguments.length == 2 && arguments[0].equals("check")) {
      List<String> dead = deadLinks(Path.of(arguments[1]).toRealPath());
      dead.forEach(System.err::println);
      System.exit(dead.isEmpty() ? 0 : 1);
    } else {
      System.err.println("usage: SitePages prepare REPOSITORY SOURCES | SitePages check SITE");
      System.exit(2);
    }
  }

  private static void prepare(Path repository, Path sources) throws IOException {
    Set<Path> others = new LinkedHashSet<>();
    for (String folder : List.of("", "docs", "k8s")) {
      for (Path page : markdown(repository.resolve(folder))) {
        String name = repository.relativize(page).toString();
        write(
            sources.resolve("markdown").resolve(index(name)),
            converted(Files.readString(page), page, others));
      }
    }
    for (Path file : others) {
      copy(file, sources.resolve("resources").resolve(repository.relativize(file)));
    }
    Path own = repository.resolve("tools/site");
    copy(own.resolve("site.css"), sources.resolve("resources/css/site.css"));
    String menus = menus(Files.readString(repository.resolve("docs/README.md")));
    write(
        sources.resolve("site.xml"),
        Files.readString(own.resolve("site.xml")).replace("@MENUS@\n", menus));
  }

  private static List<Path> markdown(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".md")).sorted().collect(Collectors.toList());
    }
  }

  /** A folder's README is what a browser is shown of it. */
  private static String index(String link) {
    return link.replaceFirst("(^|/)README\\.md", "$1index.md");
  }

  /** A page with anchors at its headings as GitHub names them; notes files besides pages that it links to. */
  private static String converted(String text, Path page, Set<Path> others) {
    StringBuilder converted = new StringBuilder();
    boolean block = false;
    for (String line : text.lines().collect(Collectors.toList())) {
      boolean fence = line.startsWith("```");
      block ^= fence;
      if (block || fence) {
        converted.append(line).append('\n');
        continue;
      }
      Matcher heading = HEADING.matcher(line);
      if (heading.matches()) {
        converted.append("<a id=\"").append(anchor(heading.group(1))).append("\"></a>\n\n");
      }
      Matcher link = LINK.matcher(line);
      while (link.find()) {
        String file = link.group(2).replaceFirst("#.*", "");
        if (!file.isEmpty() && !file.endsWith(".md") && !file.contains(":")) {
          others.add(page.resolveSibling(file).normalize());
        }
      }
      converted.append(link.replaceAll(found -> Matcher.quoteReplacement(found.group(1) + index(found.group(2)) + found.group(3))));
      converted.append('\n');
    }
    return converted.toString();
  }

  private static String anchor(String heading) {
    return heading.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}_ -]", "").replace(' ', '-');
  }

  /** The groups of the table in docs/README.md, whose links are relative to docs. */
  private static String menus(String table) {
    StringBuilder menus = new StringBuilder();
    for (String line : table.lines().collect(Collectors.toList())) {
      Matcher group = INDEX_GROUP.matcher(line);
      Matcher entry = INDEX_ENTRY.matcher(line);
      if (group.matches()) {
        menus.append(menus.length() == 0 ? "" : "    </menu>\n");
        String name = group.group(1);
        menus.append("    <menu name=\"%s%s\">\n".formatted(name.substring(0, 1).toUpperCase(Locale.ROOT), name.substring(1)));
      } else if (entry.matches() && menus.length() > 0) {
        Matcher link = NAMED_LINK.matcher(entry.group(1));
        while (link.find()) {
          String file = Path.of("docs").resolve(index(link.group(2))).normalize().toString().replaceFirst("\\.md$", ".html");
          menus.append("      <item name=\"%s\" href=\"%s\"/>\n".formatted(link.group(1), file));
        }
      }
    }
    return menus.append("    </menu>\n").toString();
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Links of the site's pages within the site that lead nowhere. */
  private static List<String> deadLinks(Path site) throws IOException {
    List<String> dead = new ArrayList<>();
    List<Path> pages;
    try (Stream<Path> files = Files.walk(site)) {
      pages = files.filter(file -> file.toString().endsWith(".html")).sorted().collect(Collectors.toList());
    }
    for (Path page : pages) {
      Set<String> links = new TreeSet<>(found(REFERENCE, Files.readString(page)));
      for (String link : links) {
        String[] parts = link.split("#", 2);
        if (link.isEmpty() || link.matches("[a-z]+:.*")) {
          continue;
        }
        Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
        if (!Files.isRegularFile(target)) {
          dead.add("%s: %s is not there".formatted(site.relativize(page), link));
        } else if (parts.length == 2 && !parts[1].isEmpty() && !found(ANCHOR, Files.readString(target)).contains(parts[1])) {
          dead.add("%s: %s has no such heading".formatted(site.relativize(page), link));
        }
      }
    }
    if (pages.size() < 2) {
      dead.add(site + " has no pages");
    }
    return dead;
  }

  private static Set<String> found(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(result -> result.group(1)).collect(Collectors.toCollection(LinkedHashSet::new));
  }
}
