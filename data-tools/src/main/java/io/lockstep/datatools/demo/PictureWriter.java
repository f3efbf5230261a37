package io.lockstep.datatools.demo;

import io.lockstep.data.file.FileWrites;
import io.lockstep.data.geometry.Geometry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Paints pictures and writes them as PNG files, several at a time. */
final class PictureWriter {

  /** Pictures that a thread takes at once. */
  private static final int CHUNK = 64;

  private final ScenePainter painter;
  private final DemoStyle style;
  private final Path root;

  PictureWriter(ScenePainter painter, DemoStyle style, Path root) {
    this.painter = painter;
    this.style = style;
    this.root = root;
  }

  /** Writes the pictures of all jobs and returns their lines in the order of the jobs. */
  List<String> write(List<Job> jobs, int threads) throws IOException {
    createFolders(jobs);
    List<Callable<List<String>>> chunks = new ArrayList<>();
    for (int from = 0; from < jobs.size(); from += CHUNK) {
      List<Job> chunk = jobs.subList(from, StrictMath.min(from + CHUNK, jobs.size()));
      chunks.add(() -> writeChunk(chunk));
    }
    List<String> lines = new ArrayList<>(jobs.size());
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (Future<List<String>> done : pool.invokeAll(chunks)) {
        lines.addAll(done.get());
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      throw new IllegalStateException("a picture could not be painted", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while pictures were being written", e);
    }
    return lines;
  }

  private void createFolders(List<Job> jobs) throws IOException {
    Set<Path> folders = new TreeSet<>();
    for (Job job : jobs) {
      Path folder = root.resolve(job.path()).getParent();
      if (folder != null) {
        folders.add(folder);
      }
    }
    for (Path folder : folders) {
      Files.createDirectories(folder);
    }
  }

  private List<String> writeChunk(List<Job> chunk) throws IOException {
    List<String> lines = new ArrayList<>();
    for (Job job : chunk) {
      ScenePainter.Picture picture = painter.paint(style, job.scene());
      FileWrites.bytes(root.resolve(job.path()), png(picture));
      lines.add(job.line().apply(picture.geometries()));
    }
    return lines;
  }

  private static byte[] png(ScenePainter.Picture picture) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(picture.image(), "png", stream)) {
        throw new IOException("this Java runtime has no PNG writer; use a full JDK 25");
      }
    }
    return bytes.toByteArray();
  }

  /**
   * A picture to paint and write.
   *
   * @param path where it goes, relative to the data folder
   * @param line the record's line, given where the items lie
   */
  record Job(String path, Scene scene, Function<List<Geometry>, String> line) {}
}
