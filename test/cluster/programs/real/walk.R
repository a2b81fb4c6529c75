# Singular values of a matrix that changes at random; to a table and the output.
steps <- as.integer(commandArgs(trailingOnly = TRUE)[1])
set.seed(1)
m <- matrix(rnorm(10000), 100)
table <- file("values.csv", "w")
for (i in seq_len(steps)) {
  d <- svd(m)$d
  m <- m + 0.01 * rnorm(10000)
  writeLines(paste(i, format(d[1], digits = 17), format(sum(d), digits = 17), sep = ","), table)
  if (i %% 50 == 0) cat(i, format(mean(m), digits = 17), "\n")
}
close(table)
write.csv(m, "result.csv")
