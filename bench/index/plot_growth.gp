# gnuplot -c plot_growth.gp growth.csv growth.png
set terminal pngcairo size 1000,1100 font "Sans,11"
set output ARG2
set datafile separator ","
set datafile missing NaN
set logscale xy
set xlabel "hashes"
set grid
set key outside right
set format x "10^{%L}"
set format y "10^{%L}"
set multiplot layout 2,1
engines = "'kenal batch 1024' 'kenal single' 'kenal flat batch 8' 'faiss flat' 'faiss multihash 16x16' 'faiss hnsw 32'"
set ylabel "queries a second, one core"
set title "Radius 31 over random 256-bit hashes"
plot for [i=1:words(engines)] ARG1 using 2:(strcol(1) eq word(engines,i) ? $3 : NaN) with linespoints lw 2 title word(engines,i)
set ylabel "bytes a hash"
set title "Memory"
plot for [i=1:words(engines)] ARG1 using 2:(strcol(1) eq word(engines,i) ? $4 : NaN) with linespoints lw 2 title word(engines,i)
